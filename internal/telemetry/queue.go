package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Queue is what waits for a model or a backend.
type Queue struct {
	Target             string
	Waiting, InService int
}

// Pool is what a pool says of itself.
type Pool struct {
	Queues []Queue
	// Loads counts models brought into memory, Evictions those given up for
	// others, Refused the requests that found no place or waited too long.
	Loads, Evictions, Refused int
}

var (
	queueWaiting = prometheus.NewDesc("irori_queue_waiting_requests", "Requests that wait for a place of a model or a backend.", []string{"target"}, nil)
	queueService = prometheus.NewDesc("irori_queue_service_requests", "Requests that have a place.", []string{"target"}, nil)
	queueRefused = prometheus.NewDesc("irori_queue_refused_total", "Requests that found the queue full or waited too long.", nil, nil)
	modelLoads   = prometheus.NewDesc("irori_model_loads_total", "Models brought into memory.", nil, nil)
	modelEvicted = prometheus.NewDesc("irori_model_evictions_total", "Models given up because another needed their memory.", nil, nil)
)

// ShowPool shows a pool by what read says; it is called once.
func (m *Metrics) ShowPool(read func() Pool) { m.registry.MustRegister(poolView{read, m.models}) }

// poolView reads a pool's state when it is asked for.
type poolView struct {
	read  func() Pool
	names *bounded
}

// Describe implements prometheus.Collector.
func (v poolView) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueWaiting, queueService, queueRefused, modelLoads, modelEvicted} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (v poolView) Collect(ch chan<- prometheus.Metric) {
	p := v.read()
	// Those without a label of their own are counted together.
	sum := map[string]Queue{}
	for _, q := range p.Queues {
		name := v.names.label(q.Target)
		s := sum[name]
		sum[name] = Queue{name, s.Waiting + q.Waiting, s.InService + q.InService}
	}
	for name, q := range sum {
		ch <- prometheus.MustNewConstMetric(queueWaiting, prometheus.GaugeValue, float64(q.Waiting), name)
		ch <- prometheus.MustNewConstMetric(queueService, prometheus.GaugeValue, float64(q.InService), name)
	}
	for d, n := range map[*prometheus.Desc]int{queueRefused: p.Refused, modelLoads: p.Loads, modelEvicted: p.Evictions} {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n))
	}
}
