//go:build kueue012 || kueue014 || kueue016

package main

import (
	rayv1 "github.com/ray-project/kuberay/ray-operator/apis/ray/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"sigs.k8s.io/kueue/pkg/controller/core/indexer"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/controller/jobs/raycluster"
)

// rayService has no integration before 0.18: what is queued is the RayCluster that KubeRay makes of it.
func rayService(item *rayv1.RayService) jobframework.GenericJob {
	return &raycluster.RayCluster{ObjectMeta: item.ObjectMeta, Spec: item.Spec.RayClusterSpec}
}

func indexed(builder *fake.ClientBuilder) *fake.ClientBuilder {
	return builder.WithIndex(&corev1.LimitRange{}, indexer.LimitRangeHasContainerType, indexer.IndexLimitRangeHasContainerType)
}
