-- Kueue, ClusterQueue: Argo CD has no check of its own for it.
-- status.conditions[Active]: True when workloads can be admitted; its reason says why not. Reasons: kueue v0.19.2
-- apis/kueue/v1beta2/clusterqueue_types.go. What another object can still heal is Progressing: a wave waits for it,
-- where Degraded would end the sync. spec.stopPolicy is somebody's wish and holds back nothing else of the wave.
local hs = {status = "Progressing", message = "waiting for Kueue"}
local stop = obj.spec ~= nil and obj.spec.stopPolicy or nil
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do
    if c.type == "Active" then
      hs.message = c.message or c.reason or ""
      if c.observedGeneration ~= nil and obj.metadata ~= nil and obj.metadata.generation ~= nil
        and c.observedGeneration < obj.metadata.generation then
        hs.message = "waiting for Kueue to see the change"
      elseif c.status == "True" then
        hs.status = "Healthy"
      elseif c.reason == "Stopped" or (stop ~= nil and stop ~= "None") then
        hs.status = "Healthy"
        hs.message = "stopped: admits nothing"
      elseif c.reason == "MultipleMultiKueueAdmissionChecks" or c.reason == "MultiKueueWithProvisioningRequest"
        or c.reason == "MultiKueueAdmissionCheckAppliedPerFlavor" then
        hs.status = "Degraded"
      end
    end
  end
end
return hs
