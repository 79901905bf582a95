//go:build kueue012 || kueue014

package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta1"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/scheduler"
	utiltesting "sigs.k8s.io/kueue/pkg/util/testing"
)

type (
	AdmissionCheck         = kueue.AdmissionCheck
	ClusterQueue           = kueue.ClusterQueue
	ClusterQueuePreemption = kueue.ClusterQueuePreemption
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
	Borrow                        = kueue.Borrow
	BorrowWithinCohortPolicyNever = kueue.BorrowWithinCohortPolicyNever
	PreemptionPolicyNever         = kueue.PreemptionPolicyNever
	TryNextFlavor                 = kueue.TryNextFlavor
	WorkloadAdmitted              = kueue.WorkloadAdmitted
	WorkloadEvicted               = kueue.WorkloadEvicted
	WorkloadQuotaReserved         = kueue.WorkloadQuotaReserved
)

// schedules gives a cluster its queues and its scheduler. What is to be queued again is so at once.
func (c *cluster) schedules() {
	c.queues, c.requeue = newQueues(c.client, c.cache), func(context.Context) {}
	c.scheduler = scheduler.New(c.queues, c.cache, c.client, &utiltesting.EventRecorder{}, scheduler.WithClock(nil, c.clock))
}

func (c *cluster) queued(item *Workload) error {
	return c.queues.AddOrUpdateWorkload(item)
}

// known is by what the cache and the queues know a Workload.
func known(item *Workload) *Workload { return item }

// ranked gives a Workload its priority (JobReconciler.prepareWorkload).
func ranked(ctx context.Context, c client.Client, of client.Object, made *Workload, class func() string) error {
	name, source, number, err := jobframework.ExtractPriority(ctx, c, of, made.Spec.PodSets, class)
	made.Spec.PriorityClassName, made.Spec.PriorityClassSource, made.Spec.Priority = name, source, &number
	return err
}
