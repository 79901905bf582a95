-- KServe, LocalModelCache: Argo CD has no check of its own for it.
-- status.copies: available, failed and total count the nodes that hold the model, or should (kserve v0.20.0
-- pkg/apis/serving/v1alpha1/local_model_cache_types.go).
local hs = {status = "Progressing", message = "waiting for the nodes"}
local copies = obj.status ~= nil and obj.status.copies or nil
if copies ~= nil then
  local total = copies.total or 0
  local there = copies.available or 0
  local failed = copies.failed or 0
  hs.message = tostring(there) .. " of " .. tostring(total) .. " nodes have the model"
  if failed > 0 then
    hs.status = "Degraded"
    hs.message = hs.message .. ", " .. tostring(failed) .. " failed"
  elseif total > 0 and there >= total then
    hs.status = "Healthy"
  end
end
return hs
