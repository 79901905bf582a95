-- KServe, InferenceService: replaces the check of Argo CD v3.5.1 (resource_customizations/serving.kserve.io). That one
-- ends in an error when modelStatus has no transitionStatus, which Argo CD shows as Unknown, and calls every condition
-- that is False Progressing, so a service whose pods cannot be made stays that for ever.
-- status.conditions[Ready]: it answers; Stopped: annotation serving.kserve.io/stop. status.modelStatus:
-- transitionStatus UpToDate, InProgress, BlockedByFailedLoad, InvalidSpec; lastFailureInfo.message. With the old model
-- still answering Ready is True while transitionStatus says that the new one failed (kserve v0.20.0
-- pkg/apis/serving/v1beta1/inference_service_status.go). ProgressDeadlineExceeded is no failure: KServe gives every
-- Deployment ten minutes (reconcilers/deployment), and a large model may take startupBudget.
local hs = {status = "Progressing", message = "waiting for KServe"}
local s = obj.status
if s == nil then
  return hs
end
local found = {}
for _, c in ipairs(s.conditions or {}) do
  found[c.type] = c
end
if found["Stopped"] ~= nil and found["Stopped"].status == "True" then
  hs.status = "Suspended"
  hs.message = "stopped"
  return hs
end
local model = s.modelStatus or {}
local step = model.transitionStatus
local failure = model.lastFailureInfo or {}
if step == "BlockedByFailedLoad" or step == "InvalidSpec" then
  hs.status = "Degraded"
  hs.message = failure.message or failure.reason or step
  return hs
end
local ready = found["Ready"]
if ready == nil then
  return hs
end
if ready.status == "True" then
  if step == "InProgress" then
    hs.message = "the new model is being loaded"
  else
    hs.status = "Healthy"
    hs.message = "answers requests"
  end
  return hs
end
hs.message = ready.message or ready.reason or hs.message
for kind, c in pairs(found) do
  if c.status == "False" and (c.reason == "FailedCreate" or c.reason == "ReplicaFailure"
    or c.reason == "RuntimeNotRecognized"
    or c.reason == "NoSupportingRuntime") then
    hs.status = "Degraded"
    hs.message = kind .. ": " .. (c.message or c.reason)
    return hs
  end
end
return hs
