//go:build !kueue012 && !kueue014 && !kueue016

package main

import (
	"context"

	rayv1 "github.com/ray-project/kuberay/ray-operator/apis/ray/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"sigs.k8s.io/kueue/pkg/controller/core/indexer"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/controller/jobs/rayservice"
)

func podSets(ctx context.Context, c client.Client, job jobframework.GenericJob) ([]PodSet, error) {
	return jobframework.JobPodSets(ctx, job, c)
}

func rayService(item *rayv1.RayService) jobframework.GenericJob {
	return (*rayservice.RayService)(item)
}

func indexed(builder *fake.ClientBuilder) *fake.ClientBuilder {
	return builder.WithIndex(&corev1.LimitRange{}, indexer.LimitRangeHasContainerOrPodType, indexer.IndexLimitRangeHasContainerOrPodType)
}
