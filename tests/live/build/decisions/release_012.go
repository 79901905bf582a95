//go:build kueue012

package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	kueuealpha "sigs.k8s.io/kueue/apis/kueue/v1alpha1"
	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta1"
	schdcache "sigs.k8s.io/kueue/pkg/cache"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	qcache "sigs.k8s.io/kueue/pkg/queue"
)

type (
	Cache  = schdcache.Cache
	Cohort = kueuealpha.Cohort
	Queues = qcache.Manager
)

// addKueue adds the kinds of both versions: a Cohort is an alpha one.
func addKueue(to *runtime.Scheme) error {
	if err := kueuealpha.AddToScheme(to); err != nil {
		return err
	}
	return kueue.AddToScheme(to)
}

// addTrainer adds nothing: this Kueue knows no TrainJob.
func addTrainer(*runtime.Scheme) error { return nil }

func newCache(c client.Client) *Cache { return schdcache.New(c) }

func newQueues(c client.Client, cache *Cache) *Queues { return qcache.NewManager(c, cache) }

func podSets(_ context.Context, _ client.Client, job jobframework.GenericJob) ([]PodSet, error) {
	return job.PodSets()
}

func trainJob(_ context.Context, _ client.Client, object client.Object) (jobframework.GenericJob, error) {
	return nil, fmt.Errorf("no integration for %T", object)
}
