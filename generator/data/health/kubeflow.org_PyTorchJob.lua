-- Training Operator v1, PyTorchJob: Argo CD has no check of its own for it. status.conditions Created, Running, Restarting, Suspended, Succeeded, Failed
-- (training-operator v1.9.3 pkg/apis/kubeflow.org/v1/common_types.go). spec.runPolicy.suspend belongs to Kueue. A job that
-- has run stays Healthy.
local hs = {status = "Progressing", message = "training, or waiting for its pods"}
local conditions = obj.status ~= nil and obj.status.conditions or {}
for _, c in ipairs(conditions) do
  if c.status == "True" and c.type == "Failed" then
    return {status = "Degraded", message = c.message or "the job failed"}
  elseif c.status == "True" and c.type == "Succeeded" then
    return {status = "Healthy", message = c.message or "the job succeeded"}
  end
end
local policy = obj.spec ~= nil and obj.spec.runPolicy or nil
if policy ~= nil and policy.suspend == true then
  hs.status = "Suspended"
  hs.message = "suspended: waits for quota"
end
return hs
