//go:build !kueue012 && !kueue014

package main

import (
	"context"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta2"
	qcache "sigs.k8s.io/kueue/pkg/cache/queue"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/scheduler"
	"sigs.k8s.io/kueue/pkg/scheduler/preemption/expectations"
	utiltesting "sigs.k8s.io/kueue/pkg/util/testing"
	"sigs.k8s.io/kueue/pkg/workload"
)

type (
	AdmissionCheck         = kueue.AdmissionCheck
	ClusterQueue           = kueue.ClusterQueue
	ClusterQueuePreemption = kueue.ClusterQueuePreemption
	Cohort                 = kueue.Cohort
	FlavorFungibility      = kueue.FlavorFungibility
	LocalQueue             = kueue.LocalQueue
	PodSet                 = kueue.PodSet
	ResourceFlavor         = kueue.ResourceFlavor
	Workload               = kueue.Workload
	WorkloadSpec           = kueue.WorkloadSpec
)

const (
	AdmissionCheckActive          = kueue.AdmissionCheckActive
	BestEffortFIFO                = kueue.BestEffortFIFO
	Borrow                        = kueue.MayStopSearch
	BorrowWithinCohortPolicyNever = kueue.BorrowWithinCohortPolicyNever
	PreemptionPolicyNever         = kueue.PreemptionPolicyNever
	TryNextFlavor                 = kueue.TryNextFlavor
	WorkloadAdmitted              = kueue.WorkloadAdmitted
	WorkloadEvicted               = kueue.WorkloadEvicted
	WorkloadQuotaReserved         = kueue.WorkloadQuotaReserved
)

var addKueue = kueue.AddToScheme

// schedules gives a cluster its queues and its scheduler.
func (c *cluster) schedules() {
	expected := expectations.New()
	queues, requeuer := qcache.NewManagerForUnitTestsWithRequeuer(
		c.client, c.cache, qcache.WithPreemptionExpectations(expected))
	c.queues, c.requeue = queues, func(ctx context.Context) { requeuer.ProcessRequeues(ctx) }
	c.scheduler = scheduler.New(queues, c.cache, c.client, &utiltesting.EventRecorder{},
		scheduler.WithClock(nil, c.clock), scheduler.WithPreemptionExpectations(expected))
}

func (c *cluster) queued(item *Workload) error {
	return c.queues.AddOrUpdateWorkload(logr.Discard(), item)
}

// known is by what the cache and the queues know a Workload.
func known(item *Workload) workload.Reference { return workload.Key(item) }

func ranked(ctx context.Context, c client.Client, of client.Object, made *Workload, class func() string) error {
	return jobframework.PrepareWorkloadPriority(ctx, c, of, made, class)
}
