-- KubeRay, RayJob: Argo CD has no check of its own for it.
-- status.jobDeploymentStatus: Initializing, Running, Complete, Failed, ValidationFailed, Suspending, Suspended,
-- Retrying, Waiting; status.jobStatus: PENDING, RUNNING, STOPPED, SUCCEEDED, FAILED, the word of Ray itself;
-- status.reason and message say why (kuberay v1.6.2 apis/ray/v1/rayjob_types.go). A job that has run stays Healthy.
local hs = {status = "Progressing", message = "waiting for KubeRay"}
local s = obj.status
local at = s ~= nil and s.jobDeploymentStatus or nil
local word = s ~= nil and s.jobStatus or nil
local said = s ~= nil and (s.message or s.reason) or nil
if at == "Failed" or at == "ValidationFailed" or word == "FAILED" or word == "STOPPED" then
  if at == "Retrying" then
    hs.message = said or "trying again"
  else
    hs.status = "Degraded"
    hs.message = said or "the job failed"
  end
elseif at == "Complete" or word == "SUCCEEDED" then
  hs.status = "Healthy"
  hs.message = said or "the job succeeded"
elseif at == "Suspended" or at == "Suspending" or (obj.spec ~= nil and obj.spec.suspend == true) then
  hs.status = "Suspended"
  hs.message = "suspended: waits for quota"
elseif at ~= nil and at ~= "" then
  hs.message = at
end
return hs
