//go:build kueue016

package main

import (
	"context"

	rayv1 "github.com/ray-project/kuberay/ray-operator/apis/ray/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta2"
	"sigs.k8s.io/kueue/pkg/controller/core/indexer"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/controller/jobs/raycluster"
)

func podSets(ctx context.Context, _ client.Client, job jobframework.GenericJob) ([]kueue.PodSet, error) {
	return jobframework.JobPodSets(ctx, job)
}

// rayService has no integration before 0.18: what is queued is the RayCluster that KubeRay makes of it.
func rayService(item *rayv1.RayService) jobframework.GenericJob {
	return &raycluster.RayCluster{ObjectMeta: item.ObjectMeta, Spec: item.Spec.RayClusterSpec}
}

func indexed(builder *fake.ClientBuilder) *fake.ClientBuilder {
	return builder.WithIndex(&corev1.LimitRange{}, indexer.LimitRangeHasContainerType, indexer.IndexLimitRangeHasContainerType)
}
