-- Kueue, Workload: what Kueue makes for each job. Argo CD has no check of its own for it.
-- status.conditions: Finished (reason Failed, else it succeeded), Evicted, Admitted, QuotaReserved; spec.active false
-- takes it out of the queue. Reasons that no waiting heals: kueue v0.19.2 apis/kueue/v1beta2/workload_types.go.
local hs = {status = "Progressing", message = "waiting in its queue"}
if obj.spec ~= nil and obj.spec.active == false then
  hs.status = "Suspended"
  hs.message = "deactivated"
end
local found = {}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do
    found[c.type] = c
  end
end
local function is(kind)
  return found[kind] ~= nil and found[kind].status == "True"
end
local reserved = found["QuotaReserved"]
if is("Finished") then
  hs.message = found["Finished"].message or ""
  hs.status = "Healthy"
  if found["Finished"].reason == "Failed" then
    hs.status = "Degraded"
  end
elseif hs.status == "Suspended" then
  return hs
elseif is("Admitted") then
  hs.status = "Healthy"
  hs.message = found["Admitted"].message or "admitted"
elseif is("Evicted") then
  hs.message = found["Evicted"].message or "evicted"
elseif reserved ~= nil and reserved.status == "False" then
  hs.message = reserved.message or ""
  if reserved.reason == "ExceedsMaxQuota" or reserved.reason == "NoMatchingFlavor"
    or reserved.reason == "Misconfigured" or reserved.reason == "Inadmissible" then
    hs.status = "Degraded"
  end
end
return hs
