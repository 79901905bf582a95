-- Notebook of Open Data Hub: Argo CD has no check of its own for it. status.readyReplicas is that of its StatefulSet, containerState
-- that of its first container (opendatahub-io/kubeflow v1.10.0-11 notebook_controller.go createNotebookStatus). People stop
-- theirs as they like, and so does the culler: the annotation says it, and a Notebook that is stopped is Healthy.
local hs = {status = "Progressing", message = "starting, or waiting for quota"}
local notes = obj.metadata ~= nil and obj.metadata.annotations or {}
if notes["kubeflow-resource-stopped"] ~= nil and notes["kubeflow-resource-stopped"] ~= "odh-notebook-controller-lock" then
  return {status = "Healthy", message = "stopped"}
end
local status = obj.status or {}
if status.readyReplicas ~= nil and status.readyReplicas > 0 then
  return {status = "Healthy", message = "running"}
end
local state = status.containerState or {}
if state.waiting ~= nil then
  local reason = state.waiting.reason
  if reason == "ImagePullBackOff" or reason == "ErrImagePull" or reason == "InvalidImageName" or reason == "CrashLoopBackOff" then
    return {status = "Degraded", message = reason}
  end
end
return hs
