-- Kueue, LocalQueue: Argo CD has no check of its own for it.
-- status.conditions[Active]: False with reason ClusterQueueDoesNotExist or ClusterQueueIsInactive while the queue
-- behind it is missing or stopped, Stopped when spec.stopPolicy says so (kueue v0.19.2
-- pkg/controller/core/localqueue_controller.go).
local hs = {status = "Progressing", message = "waiting for Kueue"}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do
    if c.type == "Active" then
      hs.message = c.message or c.reason or ""
      if c.status == "True" then
        hs.status = "Healthy"
      elseif c.reason == "Stopped" then
        hs.status = "Healthy"
        hs.message = "stopped: admits nothing"
      end
    end
  end
end
return hs
