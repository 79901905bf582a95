-- KServe, LLMInferenceService: Argo CD has no check of its own for it.
-- status.conditions: Ready rolls up WorkloadsReady and RouterReady; PresetsCombined False means that a config it
-- names is missing or cannot be merged, and nothing is made; Stopped is a reason, not a condition (kserve v0.20.0
-- pkg/apis/serving/v1alpha2/llm_inference_service_lifecycle.go).
local hs = {status = "Progressing", message = "waiting for KServe"}
local notes = obj.metadata ~= nil and obj.metadata.annotations or {}
if notes ~= nil and notes["serving.kserve.io/stop"] == "true" then
  hs.status = "Suspended"
  hs.message = "stopped"
  return hs
end
if obj.status == nil then
  return hs
end
local found = {}
for _, c in ipairs(obj.status.conditions or {}) do
  found[c.type] = c
end
local presets = found["PresetsCombined"]
if presets ~= nil and presets.status == "False" then
  hs.status = "Degraded"
  hs.message = presets.message or presets.reason or "its configs cannot be combined"
  return hs
end
local ready = found["Ready"]
if ready ~= nil and ready.status == "True" then
  hs.status = "Healthy"
  hs.message = "answers requests"
  return hs
end
for kind, c in pairs(found) do
  if c.status == "False" and (c.reason == "ReplicaFailure"
    or c.reason == "FailedCreate" or c.reason == "RefsInvalid") then
    hs.status = "Degraded"
    hs.message = kind .. ": " .. (c.message or c.reason)
    return hs
  end
end
if ready ~= nil then
  hs.message = ready.message or ready.reason or hs.message
end
return hs
