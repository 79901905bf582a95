package main

import (
	"context"
	"fmt"

	kftrainer "github.com/kubeflow/trainer/v2/pkg/apis/trainer/v1alpha1"
	kftraining "github.com/kubeflow/training-operator/pkg/apis/kubeflow.org/v1"
	awv1beta2 "github.com/project-codeflare/appwrapper/api/v1beta2"
	rayv1 "github.com/ray-project/kuberay/ray-operator/apis/ray/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta2"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/controller/jobs/appwrapper"
	"sigs.k8s.io/kueue/pkg/controller/jobs/kubeflow/jobs/pytorchjob"
	"sigs.k8s.io/kueue/pkg/controller/jobs/kubeflow/kubeflowjob"
	"sigs.k8s.io/kueue/pkg/controller/jobs/pod"
	"sigs.k8s.io/kueue/pkg/controller/jobs/raycluster"
	"sigs.k8s.io/kueue/pkg/controller/jobs/rayjob"
	"sigs.k8s.io/kueue/pkg/controller/jobs/trainjob"
	utiltesting "sigs.k8s.io/kueue/pkg/util/testing"
)

// jobOf is an object as its integration has it.
func jobOf(object client.Object) (jobframework.GenericJob, error) {
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
	case *kftrainer.TrainJob:
		return (*trainjob.TrainJob)(item), nil
	case *corev1.Pod:
		return pod.FromObject(item), nil
	}
	return nil, fmt.Errorf("no integration for %T", object)
}

// workloadOf is the Workload that Kueue makes of an object (JobReconciler.constructWorkload, prepareWorkload).
func (c *cluster) workloadOf(ctx context.Context, object client.Object) (*kueue.Workload, error) {
	job, err := jobOf(object)
	if err != nil {
		return nil, err
	}
	if _, ok := job.(*trainjob.TrainJob); ok {
		// It is the reconciler that makes the runtimes of the Trainer known to the package.
		builder := utiltesting.AsIndexer(fake.NewClientBuilder().WithScheme(scheme))
		if _, err := trainjob.NewReconciler(ctx, c.client, builder, &utiltesting.EventRecorder{}); err != nil {
			return nil, err
		}
	}
	sets, err := podSets(ctx, c.client, job)
	if err != nil {
		return nil, err
	}
	active := true
	made := &kueue.Workload{Spec: kueue.WorkloadSpec{
		QueueName: jobframework.QueueNameForObject(object), PodSets: sets, Active: &active}}
	var class func() string
	if ranked, ok := job.(jobframework.JobWithPriorityClass); ok {
		class = ranked.PriorityClass
	}
	return made, jobframework.PrepareWorkloadPriority(ctx, c.client, object, made, class)
}
