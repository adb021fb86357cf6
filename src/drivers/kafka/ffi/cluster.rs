//! Asking what the cluster and its topics are: DescribeCluster, DescribeTopics, DescribeConfigs, metadata of all topics.

use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as sys;
use sys::bindings::{rd_kafka_AclOperation_t as Operation, rd_kafka_Node_t as Node};
use sys::types::{RDKafkaAdminOp as Op, RDKafkaResourceType as Resource, RDKafkaRespErr};

use super::client::Options;
use super::{Client, Code, Fault, Outcome, c_text, items, seen, taken, text};

/// What DescribeCluster tells.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    pub id: String,
    /// Node ids of the brokers that are up.
    pub nodes: Vec<i32>,
    pub controller: Option<i32>,
}

/// One partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartition {
    pub id: i32,
    /// Node id, -1 while there is none.
    pub leader: i32,
    pub replicas: Vec<i32>,
    pub in_sync: Vec<i32>,
}

/// What DescribeTopics tells of one topic.
#[derive(Clone, Debug)]
pub struct TopicFacts {
    /// The topic's id; brokers before 2.8 have none.
    pub id: Option<String>,
    pub partitions: Vec<TopicPartition>,
    /// Whether we may write; `None` where the broker does not say.
    pub may_write: Option<bool>,
    pub may_read: Option<bool>,
}

/// One setting of a topic or broker.
#[derive(Clone, Debug)]
pub struct ConfigLine {
    pub name: String,
    pub value: String,
    /// Where the value comes from, in the broker's words made readable.
    pub source: String,
}

fn node(n: *const Node) -> Option<i32> {
    // SAFETY: checked for null; alive with its event.
    (!n.is_null()).then(|| unsafe { sys::bindings::rd_kafka_Node_id(n) })
}

impl Client {
    /// Reachable, logged in, and which cluster.
    pub async fn cluster(self: &Arc<Self>, timeout: Duration) -> Outcome<Cluster> {
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, timeout);
                // SAFETY: all three are alive during the call.
                unsafe { sys::bindings::rd_kafka_DescribeCluster(self.ptr(), options.0, queue.ptr()) };
                Ok(())
            },
            |event| {
                // SAFETY: the event is alive, and of this type, since only this call's answer can be in its queue.
                unsafe {
                    let result = sys::bindings::rd_kafka_event_DescribeCluster_result(event.ptr());
                    let mut n = 0;
                    let nodes = sys::bindings::rd_kafka_DescribeCluster_result_nodes(result, &mut n);
                    Ok(Cluster {
                        id: text(sys::bindings::rd_kafka_DescribeCluster_result_cluster_id(result)),
                        nodes: items(nodes, n).iter().filter_map(|n| node(*n)).collect(),
                        controller: node(sys::bindings::rd_kafka_DescribeCluster_result_controller(result)),
                    })
                }
            },
        )
        .await
    }

    /// One topic; a missing or hidden one is a fault of code `UnknownTopicOrPartition` or `TopicAuthorizationFailed`. Never creates it.
    pub async fn topic(self: &Arc<Self>, name: &str, timeout: Duration) -> Outcome<TopicFacts> {
        let c_name = c_text(name)?;
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout);
                let mut names = [c_name.as_ptr()];
                // SAFETY: the collection copies the names and is freed here; the rest is alive during the call.
                unsafe {
                    let _ = taken(sys::bindings::rd_kafka_AdminOptions_set_include_authorized_operations(options.0, 1));
                    let topics = sys::bindings::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
                    sys::bindings::rd_kafka_DescribeTopics(self.ptr(), topics, options.0, queue.ptr());
                    sys::bindings::rd_kafka_TopicCollection_destroy(topics);
                }
                Ok(())
            },
            |event| {
                // SAFETY: as in `cluster`.
                unsafe {
                    let result = sys::bindings::rd_kafka_event_DescribeTopics_result(event.ptr());
                    let mut n = 0;
                    let topics = sys::bindings::rd_kafka_DescribeTopics_result_topics(result, &mut n);
                    let Some(topic) = items(topics, n).first() else {
                        return Err(Fault::new(Code::UnknownTopicOrPartition, ""));
                    };
                    if let Some(fault) = seen(sys::bindings::rd_kafka_TopicDescription_error(*topic)) {
                        return Err(fault);
                    }
                    let mut n = 0;
                    let partitions = sys::bindings::rd_kafka_TopicDescription_partitions(*topic, &mut n);
                    let partitions = items(partitions, n)
                        .iter()
                        .map(|p| {
                            let (mut replicas, mut isr) = (0, 0);
                            let r = sys::bindings::rd_kafka_TopicPartitionInfo_replicas(*p, &mut replicas);
                            let i = sys::bindings::rd_kafka_TopicPartitionInfo_isr(*p, &mut isr);
                            TopicPartition {
                                id: sys::bindings::rd_kafka_TopicPartitionInfo_partition(*p),
                                leader: node(sys::bindings::rd_kafka_TopicPartitionInfo_leader(*p)).unwrap_or(-1),
                                replicas: items(r, replicas).iter().filter_map(|n| node(*n)).collect(),
                                in_sync: items(i, isr).iter().filter_map(|n| node(*n)).collect(),
                            }
                        })
                        .collect();
                    let mut n = 0;
                    let operations = sys::bindings::rd_kafka_TopicDescription_authorized_operations(*topic, &mut n);
                    let operations = items(operations, n);
                    let may = |what: Operation| {
                        (!operations.is_empty())
                            .then(|| operations.contains(&what) || operations.contains(&Operation::RD_KAFKA_ACL_OPERATION_ALL))
                    };
                    let id = sys::bindings::rd_kafka_TopicDescription_topic_id(*topic);
                    let is_set = !id.is_null()
                        && (
                            sys::bindings::rd_kafka_Uuid_most_significant_bits(id),
                            sys::bindings::rd_kafka_Uuid_least_significant_bits(id),
                        ) != (0, 0);
                    Ok(TopicFacts {
                        id: is_set.then(|| text(sys::bindings::rd_kafka_Uuid_base64str(id))),
                        partitions,
                        may_write: may(Operation::RD_KAFKA_ACL_OPERATION_WRITE),
                        may_read: may(Operation::RD_KAFKA_ACL_OPERATION_READ),
                    })
                }
            },
        )
        .await
    }

    /// Settings of a topic, or of a broker by its node id as text.
    pub async fn configs(self: &Arc<Self>, kind: Resource, name: &str, timeout: Duration) -> Outcome<Vec<ConfigLine>> {
        let c_name = c_text(name)?;
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout);
                // SAFETY: the resource is ours and freed here; librdkafka copies it.
                unsafe {
                    let mut resources = [sys::rd_kafka_ConfigResource_new(kind, c_name.as_ptr())];
                    sys::rd_kafka_DescribeConfigs(self.ptr(), resources.as_mut_ptr(), resources.len(), options.0, queue.ptr());
                    sys::rd_kafka_ConfigResource_destroy(resources[0]);
                }
                Ok(())
            },
            |event| {
                // SAFETY: as in `cluster`.
                unsafe {
                    let result = sys::rd_kafka_event_DescribeConfigs_result(event.ptr());
                    let mut n = 0;
                    let resources = sys::rd_kafka_DescribeConfigs_result_resources(result, &mut n);
                    let mut lines = Vec::new();
                    for r in items(resources, n) {
                        let code = sys::rd_kafka_ConfigResource_error(*r);
                        if code != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                            return Err(Fault::new(code, text(sys::rd_kafka_ConfigResource_error_string(*r))));
                        }
                        let mut n = 0;
                        let entries = sys::rd_kafka_ConfigResource_configs(*r, &mut n);
                        lines.extend(items(entries, n).iter().filter(|e| sys::rd_kafka_ConfigEntry_is_sensitive(**e) == 0).map(|e| {
                            ConfigLine {
                                name: text(sys::rd_kafka_ConfigEntry_name(*e)),
                                value: text(sys::rd_kafka_ConfigEntry_value(*e)),
                                source: source(&text(sys::rd_kafka_ConfigSource_name(sys::rd_kafka_ConfigEntry_source(*e)))),
                            }
                        }));
                    }
                    Ok(lines)
                }
            },
        )
        .await
    }

    /// Names and partition counts of all topics that we may see. librdkafka has only a blocking call for it; ask
    /// [`Client::cluster`] first, so that it does not block in vain. With `only`, that topic: this makes a client's next
    /// `assign` find the leaders at once instead of after half a second.
    pub async fn topics(self: &Arc<Self>, only: Option<&str>, timeout: Duration) -> Outcome<Vec<(String, u32)>> {
        let client = self.clone();
        let only = only.map(c_text).transpose()?;
        let work = move || {
            let ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
            // SAFETY: topic handle and metadata are ours and freed here; the client is alive.
            unsafe {
                let topic = only
                    .as_ref()
                    .map_or(std::ptr::null_mut(), |name| sys::rd_kafka_topic_new(client.ptr(), name.as_ptr(), std::ptr::null_mut()));
                let mut metadata = std::ptr::null();
                let code = sys::rd_kafka_metadata(client.ptr(), c_int::from(topic.is_null()), topic, &mut metadata, ms);
                if !topic.is_null() {
                    sys::rd_kafka_topic_destroy(topic);
                }
                if code != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                    return Err(Fault::new(code, ""));
                }
                let all = items((*metadata).topics, usize::try_from((*metadata).topic_cnt).unwrap_or(0));
                let names = all.iter().map(|t| (text(t.topic), u32::try_from(t.partition_cnt).unwrap_or(0))).collect();
                sys::rd_kafka_metadata_destroy(metadata);
                Ok(names)
            }
        };
        self.desk().run(work).await?
    }
}

/// `DYNAMIC_TOPIC_CONFIG` as people say it.
fn source(name: &str) -> String {
    match name {
        "DYNAMIC_TOPIC_CONFIG" => "topic",
        "DYNAMIC_BROKER_CONFIG" | "DYNAMIC_DEFAULT_BROKER_CONFIG" => "broker, set at run time",
        "STATIC_BROKER_CONFIG" => "broker's file",
        "DEFAULT_CONFIG" => "default",
        other => return other.to_lowercase().replace('_', " "),
    }
    .to_owned()
}
