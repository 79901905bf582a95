-- CodeFlare, AppWrapper: Argo CD has no check of its own for it.
-- status.phase: Suspended, Resuming, Running, Resetting, Suspending, Succeeded, Failed, Terminating;
-- status.conditions[Unhealthy]: something inside it fails and is tried again; PodsReady: all of its pods answer
-- (appwrapper v1.2.0 api/v1beta2/appwrapper_types.go).
local hs = {status = "Progressing", message = "waiting for the AppWrapper controller"}
local s = obj.status
if s == nil then
  return hs
end
local found = {}
for _, c in ipairs(s.conditions or {}) do
  found[c.type] = c
end
local bad = found["Unhealthy"]
local pods = found["PodsReady"]
if s.phase == "Succeeded" then
  hs.status = "Healthy"
  hs.message = "succeeded"
elseif s.phase == "Failed" then
  hs.status = "Degraded"
  hs.message = bad ~= nil and bad.message or "failed"
elseif s.phase == "Suspended" or s.phase == "Suspending" then
  hs.status = "Suspended"
  hs.message = "suspended: waits for quota"
elseif bad ~= nil and bad.status == "True" then
  hs.status = "Degraded"
  hs.message = bad.message or bad.reason or "unhealthy"
elseif s.phase == "Running" and pods ~= nil and pods.status == "True" then
  hs.status = "Healthy"
  hs.message = "running"
elseif s.phase ~= nil and s.phase ~= "" then
  hs.message = s.phase
end
return hs
