-- Kubeflow Trainer v2, TrainJob: Argo CD has no check of its own for it. status.conditions Suspended, Complete, Failed (trainer v2.1.0
-- pkg/apis/trainer/v1alpha1/trainjob_types.go). spec.suspend belongs to Kueue. A job that has run stays Healthy.
local hs = {status = "Progressing", message = "training, or waiting for its pods"}
local conditions = obj.status ~= nil and obj.status.conditions or {}
for _, c in ipairs(conditions) do
  if c.status == "True" and c.type == "Failed" then
    return {status = "Degraded", message = c.message or "the job failed"}
  elseif c.status == "True" and c.type == "Complete" then
    return {status = "Healthy", message = c.message or "the job succeeded"}
  end
end
if obj.spec ~= nil and obj.spec.suspend == true then
  hs.status = "Suspended"
  hs.message = "suspended: waits for quota"
end
return hs
