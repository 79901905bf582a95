package main

import (
	"context"

	kftraining "github.com/kubeflow/training-operator/pkg/apis/kubeflow.org/v1"
	awv1beta2 "github.com/project-codeflare/appwrapper/api/v1beta2"
	rayv1 "github.com/ray-project/kuberay/ray-operator/apis/ray/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/controller/jobs/appwrapper"
	"sigs.k8s.io/kueue/pkg/controller/jobs/kubeflow/jobs/pytorchjob"
	"sigs.k8s.io/kueue/pkg/controller/jobs/kubeflow/kubeflowjob"
	"sigs.k8s.io/kueue/pkg/controller/jobs/pod"
	"sigs.k8s.io/kueue/pkg/controller/jobs/raycluster"
	"sigs.k8s.io/kueue/pkg/controller/jobs/rayjob"
)

// jobOf is an object as its integration has it.
func (c *cluster) jobOf(ctx context.Context, object client.Object) (jobframework.GenericJob, error) {
	switch item := object.(type) {
	case *rayv1.RayCluster:
		return (*raycluster.RayCluster)(item), nil
	case *rayv1.RayJob:
		return (*rayjob.RayJob)(item), nil
	case *rayv1.RayService:
		return rayService(item), nil
	case *awv1beta2.AppWrapper:
		return (*appwrapper.AppWrapper)(item), nil
	case *kftraining.PyTorchJob:
		return &kubeflowjob.KubeflowJob{KFJobControl: (*pytorchjob.JobControl)(item)}, nil
	case *corev1.Pod:
		return pod.FromObject(item), nil
	}
	return trainJob(ctx, c.client, object)
}

// workloadOf is the Workload that Kueue makes of an object (JobReconciler.constructWorkload, prepareWorkload).
func (c *cluster) workloadOf(ctx context.Context, object client.Object) (*Workload, error) {
	job, err := c.jobOf(ctx, object)
	if err != nil {
		return nil, err
	}
	sets, err := podSets(ctx, c.client, job)
	if err != nil {
		return nil, err
	}
	var class func() string
	if says, ok := job.(jobframework.JobWithPriorityClass); ok {
		class = says.PriorityClass
	}
	active := true
	made := &Workload{Spec: WorkloadSpec{
		QueueName: jobframework.QueueNameForObject(object), PodSets: sets, Active: &active}}
	return made, ranked(ctx, c.client, object, made, class)
}
