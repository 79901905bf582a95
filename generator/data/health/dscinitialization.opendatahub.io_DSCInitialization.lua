-- Open Data Hub, DSCInitialization: Argo CD has no check of its own for it.
-- status.conditions: Ready is the sum of all (DataScienceCluster; from 2.3x on), ReconcileComplete and Degraded tell
-- the same of older ones; status.phase: Ready, Progressing, Not Ready, Error, Deleting (opendatahub-operator v2.35.0
-- internal/controller/status/status.go).
local hs = {status = "Progressing", message = "waiting for the operator"}
local s = obj.status
if s == nil then
  return hs
end
local found = {}
for _, c in ipairs(s.conditions or {}) do
  found[c.type] = c
end
local ready = found["Ready"] or found["ReconcileComplete"]
local bad = found["Degraded"]
if ready ~= nil and ready.status == "True" then
  hs.status = "Healthy"
  hs.message = "ready"
elseif s.phase == "Error" or (bad ~= nil and bad.status == "True") then
  hs.status = "Degraded"
  hs.message = s.errorMessage or (bad ~= nil and bad.message) or (ready ~= nil and ready.message) or "error"
elseif ready ~= nil then
  hs.message = ready.message or ready.reason or hs.message
elseif s.phase == "Ready" then
  hs.status = "Healthy"
  hs.message = "ready"
elseif s.phase ~= nil and s.phase ~= "" then
  hs.message = s.phase
end
return hs
