package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
	_ "unsafe" // schedule and setAdmissionRoutineWrapper are linked to

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"sigs.k8s.io/kueue/pkg/scheduler"
	"sigs.k8s.io/kueue/pkg/util/routine"
	"sigs.k8s.io/kueue/pkg/util/wait"
	"sigs.k8s.io/kueue/pkg/workload"
)

// One cycle of the scheduler, which its Start calls again and again in a goroutine of its own.
//
//go:linkname schedule sigs.k8s.io/kueue/pkg/scheduler.(*Scheduler).schedule
func schedule(s *scheduler.Scheduler, ctx context.Context) wait.SpeedSignal

//go:linkname setAdmissionRoutineWrapper sigs.k8s.io/kueue/pkg/scheduler.(*Scheduler).setAdmissionRoutineWrapper
func setAdmissionRoutineWrapper(s *scheduler.Scheduler, wrapper routine.Wrapper)

const (
	mostCycles = 400
	// So many cycles without a change of who is admitted, and nothing more is to come: a head goes through its flavors in
	// fewer, and comes round to where it was.
	quietCycles = 12
)

// run lets workloads come in one order, each when nothing moves any more, and says who is admitted then.
func run(ctx context.Context, one *Case, order []int) ([]bool, map[string]string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	there, err := newCluster(ctx, one.Objects)
	if err != nil {
		return nil, nil, err
	}
	for came, at := range order {
		for copy := range one.Works[at].Copies {
			moment := there.start.Add(time.Duration(came*100+copy) * time.Second)
			if err := there.come(ctx, &one.Works[at], copy, moment); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", one.Works[at].Name, err)
			}
		}
		if err := there.settle(ctx); err != nil {
			return nil, nil, err
		}
	}
	admitted, why := there.told(one, order)
	return admitted, why, nil
}

// named is the Workload of a copy.
func named(work *Work, copy int) string {
	return fmt.Sprintf("%s-%d", work.Name, copy)
}

// come makes the Workload that Kueue makes of an object, and puts it into its queue (WorkloadReconciler.Create).
func (c *cluster) come(ctx context.Context, work *Work, copy int, at time.Time) error {
	object, err := decoded(work.Object)
	if err != nil {
		return err
	}
	made, err := c.workloadOf(ctx, object)
	if err != nil {
		return err
	}
	made.Name, made.Namespace = named(work, copy), object.GetNamespace()
	made.UID, made.CreationTimestamp = types.UID(made.Name), metav1.NewTime(at)
	if err := c.client.Create(ctx, made); err != nil {
		return err
	}
	if err := c.look(ctx, made.Namespace, made.Name); err != nil {
		return err
	}
	stored := c.seen[made.Name].DeepCopy()
	workload.AdjustResources(ctx, c.client, stored)
	// A queue that is not there is an outcome: the workload waits.
	_ = c.queued(stored)
	return nil
}

// settle schedules until nothing changes.
func (c *cluster) settle(ctx context.Context) error {
	var admitting sync.WaitGroup
	setAdmissionRoutineWrapper(c.scheduler, routine.NewWrapper(func() { admitting.Add(1) }, admitting.Done))
	last := ""
	for cycle, quiet := 0, 0; cycle < mostCycles && quiet < quietCycles; cycle++ {
		c.requeue(ctx)
		if len(c.queues.Dump()) == 0 || !c.somebodyIsNext() {
			return nil
		}
		c.clock.Step(time.Second)
		schedule(c.scheduler, ctx)
		admitting.Wait()
		c.update(ctx)
		if err := c.evict(ctx); err != nil {
			return err
		}
		now := ""
		for _, name := range slices.Sorted(maps.Keys(c.seen)) {
			if holds(c.seen[name]) {
				now += name + " "
			}
		}
		quiet++
		if now != last {
			quiet, last = 0, now
		}
	}
	return nil
}

// update tells the cache of Workloads that have become others (WorkloadReconciler.Update): a preemption names the version
// of the Workload that it stops.
func (c *cluster) update(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(c.seen)) {
		if item := c.seen[name]; workload.HasQuotaReservation(item) && c.cached[name] != item.ResourceVersion {
			c.cached[name] = item.ResourceVersion
			fresh := item.DeepCopy()
			workload.AdjustResources(ctx, c.client, fresh)
			c.cache.AddOrUpdateWorkload(logr.Discard(), fresh)
		}
	}
}

// somebodyIsNext is false when all that wait do so in queues that Kueue takes no heads of: it would block.
func (c *cluster) somebodyIsNext() bool {
	for name := range c.queues.Dump() {
		if c.cache.ClusterQueueActive(name) {
			return true
		}
	}
	return false
}

// holds says whether a workload has its quota and keeps it.
func holds(item *Workload) bool {
	return workload.HasQuotaReservation(item) && !meta.IsStatusConditionTrue(item.Status.Conditions, WorkloadEvicted)
}

// evict does what follows an eviction: the job is stopped, the quota is given back, and the workload waits again
// (JobReconciler, and WorkloadReconciler.Update).
func (c *cluster) evict(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(c.seen)) {
		item := c.seen[name].DeepCopy()
		if !meta.IsStatusConditionTrue(item.Status.Conditions, WorkloadEvicted) || !workload.HasQuotaReservation(item) {
			continue
		}
		workload.UnsetQuotaReservationWithCondition(item, "Preempted", "stopped", c.clock.Now())
		meta.SetStatusCondition(&item.Status.Conditions, metav1.Condition{
			Type: WorkloadAdmitted, Status: metav1.ConditionFalse, Reason: "NoReservation"})
		if err := c.client.Status().Update(ctx, item); err != nil {
			return err
		}
		if err := c.look(ctx, item.Namespace, item.Name); err != nil {
			return err
		}
		again := c.seen[name].DeepCopy()
		workload.AdjustResources(ctx, c.client, again)
		var failed error
		c.queues.QueueAssociatedInadmissibleWorkloadsAfter(ctx, known(item), func() {
			failed = c.cache.DeleteWorkload(logr.Discard(), known(item))
		})
		if failed == nil {
			failed = c.queued(again)
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

// told says of each workload whether all of its copies have their quota, and what Kueue says of one that has not.
func (c *cluster) told(one *Case, order []int) ([]bool, map[string]string) {
	holding, words := map[string]bool{}, map[string]string{}
	for name, item := range c.seen {
		holding[name] = holds(item)
		if said := meta.FindStatusCondition(item.Status.Conditions, WorkloadQuotaReserved); said != nil {
			words[name] = said.Message
		}
	}
	admitted, why := make([]bool, len(one.Works)), map[string]string{}
	for _, at := range order {
		work := &one.Works[at]
		admitted[at] = true
		for copy := range work.Copies {
			if name := named(work, copy); !holding[name] && admitted[at] {
				admitted[at], why[work.Name] = false, words[name]
			}
		}
	}
	return admitted, why
}
