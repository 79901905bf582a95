//go:build kueue016

package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"sigs.k8s.io/kueue/pkg/controller/jobframework"
)

func podSets(ctx context.Context, _ client.Client, job jobframework.GenericJob) ([]PodSet, error) {
	return jobframework.JobPodSets(ctx, job)
}
