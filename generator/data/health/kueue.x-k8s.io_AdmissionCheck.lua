-- Kueue, AdmissionCheck: Argo CD has no check of its own for it.
-- status.conditions[Active]: True once its controller has taken it up (kueue v0.19.2
-- apis/kueue/v1beta2/admissioncheck_types.go).
local hs = {status = "Progressing", message = "waiting for the controller of the check"}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do
    if c.type == "Active" then
      hs.message = c.message or c.reason or ""
      if c.status == "True" then
        hs.status = "Healthy"
      end
    end
  end
end
return hs
