-- Argo CD, Application: it has no check of its own for its own kind since 1.8.
-- status.sync: Synced, OutOfSync or Unknown, and comparedTo, what the comparison was of; status.operationState: the last sync,
-- its phase and, in syncResult, of what; status.health: the worst of its objects (argo-cd v3.5.1
-- pkg/apis/application/v1alpha1/types.go). The folder is another one for each content, so what is said of another folder is
-- of the content before, and tells nothing of this one. Where the newest commit has no such folder any more, nothing will come
-- of it (conditions: ComparisonError), and the root has to take that commit: it fails, and is tried again.
local hs = {status = "Progressing", message = "waiting for Argo CD"}
local wanted = obj.spec ~= nil and obj.spec.source ~= nil and obj.spec.source.path or nil
local s = obj.status
local sync = s ~= nil and s.sync or nil
local seen = sync ~= nil and sync.comparedTo ~= nil and sync.comparedTo.source or nil
local last = s ~= nil and s.operationState or nil
local done = last ~= nil and last.syncResult ~= nil and last.syncResult.source or nil
local health = s ~= nil and s.health ~= nil and s.health.status or nil
local lost = false
for _, condition in ipairs(s ~= nil and s.conditions or {}) do
  lost = lost or condition.type == "ComparisonError"
end
local taken = done ~= nil and done.path == wanted and last.phase == "Succeeded"
if seen == nil or seen.path ~= wanted then
  hs.message = "has not looked at " .. (wanted or "its folder") .. " yet"
elseif done ~= nil and done.path == wanted and (last.phase == "Failed" or last.phase == "Error") then
  hs.status = "Degraded"
  hs.message = last.message or "the sync failed"
elseif lost and not taken then
  hs.status = "Degraded"
  hs.message = "its folder cannot be read, or is not in the newest commit"
elseif sync.status ~= "Synced" and not taken then
  hs.message = "not synced yet"
elseif health == "Healthy" or health == "Degraded" or health == "Suspended" then
  hs.status = health
  hs.message = s.health.message or ""
else
  hs.message = "waiting for what it is made of"
end
return hs
