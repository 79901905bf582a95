//go:build kueue014

package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta1"
	qcache "sigs.k8s.io/kueue/pkg/cache/queue"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
)

type Cohort = kueue.Cohort

var addKueue = kueue.AddToScheme

func newQueues(c client.Client, cache *Cache) *Queues { return qcache.NewManager(c, cache) }

func podSets(_ context.Context, _ client.Client, job jobframework.GenericJob) ([]PodSet, error) {
	return jobframework.JobPodSets(job)
}
