-- KubeRay, RayCluster: Argo CD has no check of its own for it.
-- status.state: ready, suspended, failed (removed in 1.4, old clusters may still say it), or nothing yet.
-- status.conditions[ReplicaFailure]: pods cannot be made; RayClusterSuspending: they are being taken down (kuberay
-- v1.6.2 apis/ray/v1/raycluster_types.go). spec.suspend belongs to Kueue: true until it admits the cluster.
local hs = {status = "Progressing", message = "waiting for KubeRay"}
local s = obj.status
if obj.spec ~= nil and obj.spec.suspend == true then
  hs.status = "Suspended"
  hs.message = "suspended: waits for quota"
  return hs
end
if s == nil then
  return hs
end
if s.observedGeneration ~= nil and obj.metadata ~= nil and obj.metadata.generation ~= nil
  and s.observedGeneration < obj.metadata.generation then
  hs.message = "waiting for KubeRay to see the change"
  return hs
end
if s.conditions ~= nil then
  for _, c in ipairs(s.conditions) do
    if c.type == "ReplicaFailure" and c.status == "True" then
      hs.status = "Degraded"
      hs.message = c.message or c.reason or "pods cannot be made"
      return hs
    end
  end
end
if s.state == "ready" then
  hs.status = "Healthy"
  hs.message = "all pods are ready"
elseif s.state == "failed" then
  hs.status = "Degraded"
  hs.message = s.reason or "failed"
elseif s.state == "suspended" then
  hs.message = "starting again"
elseif s.reason ~= nil and s.reason ~= "" then
  hs.message = s.reason
end
return hs
