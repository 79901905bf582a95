package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/go-logr/logr"
	kftraining "github.com/kubeflow/training-operator/pkg/apis/kubeflow.org/v1"
	awv1beta2 "github.com/project-codeflare/appwrapper/api/v1beta2"
	rayv1 "github.com/ray-project/kuberay/ray-operator/apis/ray/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	clienttesting "k8s.io/client-go/testing"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	jobset "sigs.k8s.io/jobset/api/jobset/v1alpha2"

	"sigs.k8s.io/kueue/pkg/controller/core/indexer"
	"sigs.k8s.io/kueue/pkg/scheduler"
	utiltesting "sigs.k8s.io/kueue/pkg/util/testing"
)

// cluster is one Kueue with what it looks at: queues, cache and scheduler over a client that holds the objects.
type cluster struct {
	client    client.Client
	cache     *Cache
	queues    *Queues
	requeue   func(context.Context) // what waits for a moment to be queued again
	scheduler *scheduler.Scheduler
	clock     *testingclock.FakeClock
	lock      sync.Mutex
	seen      map[string]*Workload // as the client last had them; asking it costs more than all of Kueue
	cached    map[string]string    // the version of each that the cache was told of
	start     time.Time
}

// scheme knows all kinds, and mapper where they are served; both are the same for every cluster.
var scheme, mapper = func() (*runtime.Scheme, meta.RESTMapper) {
	made := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, addKueue, rayv1.AddToScheme, awv1beta2.AddToScheme,
		kftraining.AddToScheme, addTrainer, jobset.AddToScheme,
	} {
		if err := add(made); err != nil {
			panic(err)
		}
	}
	return made, testrestmapper.TestOnlyStaticRESTMapper(made)
}()

// newClient holds objects without managed fields: nobody here asks whose a field is.
func (c *cluster) newClient() client.Client {
	held := clienttesting.NewObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder())
	return indexed(fake.NewClientBuilder().
		WithScheme(scheme).WithRESTMapper(mapper).WithObjectTracker(held).
		WithStatusSubresource(&Workload{}).
		WithIndex(&LocalQueue{}, indexer.QueueClusterQueueKey, indexer.IndexQueueClusterQueue).
		WithIndex(&Workload{}, indexer.WorkloadQueueKey, indexer.IndexWorkloadQueue).
		WithIndex(&Workload{}, indexer.WorkloadClusterQueueKey, indexer.IndexWorkloadClusterQueue).
		WithIndex(&Workload{}, indexer.OwnerReferenceUID, indexer.IndexOwnerUID).
		WithInterceptorFuncs(interceptor.Funcs{SubResourcePatch: c.patch})).
		Build()
}

// decoded is an object of a kind that the scheme knows.
func decoded(raw json.RawMessage) (client.Object, error) {
	var kind metav1.TypeMeta
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	made, err := scheme.New(kind.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, made); err != nil {
		return nil, fmt.Errorf("%s: %w", kind.Kind, err)
	}
	return made.(client.Object), nil
}

func newCluster(ctx context.Context, raws []json.RawMessage) (*cluster, error) {
	made := &cluster{seen: map[string]*Workload{}, cached: map[string]string{}}
	made.client = made.newClient()
	made.clock = testingclock.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	made.start = made.clock.Now()
	made.cache = newCache(made.client)
	made.schedules()
	for _, raw := range raws {
		object, err := decoded(raw)
		if err != nil {
			return nil, err
		}
		if err := made.add(ctx, object); err != nil {
			return nil, fmt.Errorf("%T %s: %w", object, object.GetName(), err)
		}
	}
	return made, nil
}

// add does what Kueue's controllers do when an object has come.
func (c *cluster) add(ctx context.Context, object client.Object) error {
	log := logr.Discard()
	switch item := object.(type) {
	case *ClusterQueue:
		completed(item)
	case *corev1.LimitRange:
		for i := range item.Spec.Limits {
			filled(&item.Spec.Limits[i])
		}
	case *corev1.Namespace:
		// The API server's own label, which the selectors of queues ask for.
		metav1.SetMetaDataLabel(&item.ObjectMeta, corev1.LabelMetadataName, item.Name)
	}
	if err := c.client.Create(ctx, object.DeepCopyObject().(client.Object)); err != nil {
		return err
	}
	switch item := object.(type) {
	case *ResourceFlavor:
		c.cache.AddOrUpdateResourceFlavor(log, item)
	case *AdmissionCheck:
		// Who answers a check says itself that it is there.
		meta.SetStatusCondition(&item.Status.Conditions, metav1.Condition{
			Type: AdmissionCheckActive, Status: metav1.ConditionTrue, Reason: "Played"})
		c.cache.AddOrUpdateAdmissionCheck(log, item)
	case *Cohort:
		if err := c.cache.AddOrUpdateCohort(item); err != nil {
			return err
		}
		c.queues.AddOrUpdateCohort(ctx, item)
	case *ClusterQueue:
		if err := c.cache.AddClusterQueue(ctx, item); err != nil {
			return err
		}
		return c.queues.AddClusterQueue(ctx, item)
	case *LocalQueue:
		if err := c.cache.AddLocalQueue(item); err != nil {
			return err
		}
		return c.queues.AddLocalQueue(ctx, item)
	}
	return nil
}

// filled does what the API server does to a LimitRange: what it says nothing of stands in for what it says.
func filled(limits *corev1.LimitRangeItem) {
	if limits.Type != corev1.LimitTypeContainer {
		return
	}
	limits.Default = together(limits.Max, limits.Default)
	limits.DefaultRequest = together(limits.Min, limits.Default, limits.DefaultRequest)
}

// together is all of some lists, of which later ones win.
func together(lists ...corev1.ResourceList) corev1.ResourceList {
	found := corev1.ResourceList{}
	for _, list := range lists {
		maps.Copy(found, list)
	}
	return found
}

// completed fills in what the CRD's defaults give a queue.
func completed(queue *ClusterQueue) {
	spec := &queue.Spec
	if spec.QueueingStrategy == "" {
		spec.QueueingStrategy = BestEffortFIFO
	}
	if spec.Preemption == nil {
		spec.Preemption = &ClusterQueuePreemption{}
	}
	if spec.Preemption.ReclaimWithinCohort == "" {
		spec.Preemption.ReclaimWithinCohort = PreemptionPolicyNever
	}
	if spec.Preemption.WithinClusterQueue == "" {
		spec.Preemption.WithinClusterQueue = PreemptionPolicyNever
	}
	if within := spec.Preemption.BorrowWithinCohort; within != nil && within.Policy == "" {
		within.Policy = BorrowWithinCohortPolicyNever
	}
	if spec.FlavorFungibility == nil {
		spec.FlavorFungibility = &FlavorFungibility{}
	}
	if spec.FlavorFungibility.WhenCanBorrow == "" {
		spec.FlavorFungibility.WhenCanBorrow = Borrow
	}
	if spec.FlavorFungibility.WhenCanPreempt == "" {
		spec.FlavorFungibility.WhenCanPreempt = TryNextFlavor
	}
}

// patch is what the scheduler does to a Workload's status.
func (c *cluster) patch(
	ctx context.Context, to client.Client, name string, object client.Object, patch client.Patch,
	options ...client.SubResourcePatchOption,
) error {
	if err := utiltesting.TreatSSAAsStrategicMerge(ctx, to, name, object, patch, options...); err != nil {
		return err
	}
	return c.look(ctx, object.GetNamespace(), object.GetName())
}

// look takes a Workload over as the client has it.
func (c *cluster) look(ctx context.Context, namespace, name string) error {
	var found Workload
	err := c.client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &found)
	if err == nil {
		c.lock.Lock()
		defer c.lock.Unlock()
		c.seen[name] = &found
	}
	return err
}
