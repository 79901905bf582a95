//go:build !kueue012

package main

import (
	"context"
	"fmt"

	kftrainer "github.com/kubeflow/trainer/v2/pkg/apis/trainer/v1alpha1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	qcache "sigs.k8s.io/kueue/pkg/cache/queue"
	schdcache "sigs.k8s.io/kueue/pkg/cache/scheduler"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/controller/jobs/trainjob"
	utiltesting "sigs.k8s.io/kueue/pkg/util/testing"
)

type (
	Cache  = schdcache.Cache
	Queues = qcache.Manager
)

var addTrainer = kftrainer.AddToScheme

func newCache(c client.Client) *Cache { return schdcache.New(c) }

// trainJob is the integration of a TrainJob: it is the reconciler that makes the runtimes of the Trainer known to the package.
func trainJob(ctx context.Context, c client.Client, object client.Object) (jobframework.GenericJob, error) {
	item, ok := object.(*kftrainer.TrainJob)
	if !ok {
		return nil, fmt.Errorf("no integration for %T", object)
	}
	builder := utiltesting.AsIndexer(fake.NewClientBuilder().WithScheme(scheme))
	_, err := trainjob.NewReconciler(ctx, c, builder, &utiltesting.EventRecorder{})
	return (*trainjob.TrainJob)(item), err
}
