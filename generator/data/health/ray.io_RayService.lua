-- KubeRay, RayService: Argo CD has no check of its own for it.
-- status.conditions[Ready]: requests are answered; reason ValidationFailed or InitializingTimeout: they never will be
-- as it stands. UpgradeInProgress, RollbackInProgress: an old cluster still answers. Without conditions (KubeRay up to
-- 1.2) status.serviceStatus is Running (kuberay v1.6.2 apis/ray/v1/rayservice_types.go).
-- activeServiceStatus.applicationStatuses.<name>.status: DEPLOY_FAILED and UNHEALTHY are Ray Serve's own words.
local hs = {status = "Progressing", message = "waiting for KubeRay"}
local s = obj.status
if s == nil then
  return hs
end
if s.observedGeneration ~= nil and obj.metadata ~= nil and obj.metadata.generation ~= nil
  and s.observedGeneration < obj.metadata.generation then
  hs.message = "waiting for KubeRay to see the change"
  return hs
end
local ready = nil
local moving = nil
for _, c in ipairs(s.conditions or {}) do
  if c.type == "Ready" then
    ready = c
  elseif (c.type == "UpgradeInProgress" or c.type == "RollbackInProgress") and c.status == "True" then
    moving = c
  end
end
local active = s.activeServiceStatus
if active ~= nil and active.applicationStatuses ~= nil then
  for name, app in pairs(active.applicationStatuses) do
    if app.status == "DEPLOY_FAILED" or app.status == "UNHEALTHY" then
      hs.status = "Degraded"
      hs.message = name .. ": " .. (app.message or app.status)
      return hs
    end
  end
end
if ready == nil then
  if s.serviceStatus == "Running" then
    hs.status = "Healthy"
    hs.message = "answers requests"
  end
elseif ready.status == "True" then
  hs.status = "Healthy"
  hs.message = ready.message or "answers requests"
elseif ready.reason == "ValidationFailed" or ready.reason == "InitializingTimeout" then
  hs.status = "Degraded"
  hs.message = ready.message or ready.reason
else
  hs.message = ready.message or ready.reason or hs.message
end
if moving ~= nil and hs.status == "Healthy" then
  hs.status = "Progressing"
  hs.message = moving.message or moving.reason or "a new cluster takes over"
end
return hs
