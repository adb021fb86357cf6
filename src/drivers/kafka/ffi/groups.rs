//! Asking for groups: which there are, who is in them, what they committed.

use std::ffi::{CString, c_int};
use std::sync::Arc;
use std::time::Duration;

use rdkafka_sys as sys;
use sys::bindings::rd_kafka_consumer_group_type_t as GroupType;
use sys::types::{RDKafkaAdminOp as Op, RDKafkaRespErr};

use super::client::Options;
use super::offsets::rows;
use super::{Client, Fault, List, Outcome, c_text, items, seen, text};

/// A group of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    /// True for the new protocol, false for the classic one, nothing where the broker does not say.
    pub new_protocol: Option<bool>,
}

/// A member with the partitions that it owns.
#[derive(Clone, Debug)]
pub struct Member {
    /// `client id@host`.
    pub who: String,
    pub owns: Vec<(String, i32)>,
}

/// What describing a group tells.
#[derive(Clone, Debug)]
pub struct GroupFacts {
    pub name: String,
    pub state: String,
    pub new_protocol: Option<bool>,
    pub members: Vec<Member>,
    pub fault: Option<Fault>,
}

/// A committed offset; `None` where the group has none in a partition that was asked for.
#[derive(Clone, Debug)]
pub struct Commit {
    pub topic: String,
    pub partition: i32,
    pub offset: Option<i64>,
}

fn protocol(of: GroupType) -> Option<bool> {
    match of {
        GroupType::RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER => Some(true),
        GroupType::RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC => Some(false),
        _ => None,
    }
}

impl Client {
    /// Consumer groups of both protocols, from all brokers, with the faults of brokers that could not answer.
    /// librdkafka 2.12 leaves out groups of other protocol types (share, streams): see [`Client::all_group_names`].
    pub async fn groups(self: &Arc<Self>, timeout: Duration) -> Outcome<(Vec<Listed>, Vec<Fault>)> {
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, timeout);
                // SAFETY: all are alive during the call.
                unsafe { sys::bindings::rd_kafka_ListConsumerGroups(self.ptr(), options.0, queue.ptr()) };
                Ok(())
            },
            |event| {
                // SAFETY: the event is alive, and of this type, since only this call's answer can be in its queue.
                unsafe {
                    let result = sys::bindings::rd_kafka_event_ListConsumerGroups_result(event.ptr());
                    let (mut n, mut e) = (0, 0);
                    let valid = sys::bindings::rd_kafka_ListConsumerGroups_result_valid(result, &mut n);
                    let errors = sys::bindings::rd_kafka_ListConsumerGroups_result_errors(result, &mut e);
                    let listed = items(valid, n).iter().map(|g| Listed {
                        name: text(sys::bindings::rd_kafka_ConsumerGroupListing_group_id(*g)),
                        new_protocol: protocol(sys::bindings::rd_kafka_ConsumerGroupListing_type(*g)),
                    });
                    Ok((listed.collect(), items(errors, e).iter().filter_map(|f| seen(*f)).collect()))
                }
            },
        )
        .await
    }

    /// Names and protocol types of all groups whatever their kind, by the oldest ListGroups and DescribeGroups; blocking in
    /// librdkafka. Share and streams groups come with the state `Dead` and no protocol type: the old call cannot see into them.
    pub async fn all_group_names(self: &Arc<Self>, timeout: Duration) -> Outcome<Vec<(String, String, String)>> {
        let client = self.clone();
        let work = move || {
            let ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
            let mut list = std::ptr::null();
            // SAFETY: the list is freed here, if one came; a partial answer comes with one too.
            unsafe {
                let code = sys::rd_kafka_list_groups(client.ptr(), std::ptr::null(), &mut list, ms);
                let names = if list.is_null() {
                    Vec::new()
                } else {
                    let groups = items((*list).groups.cast_const(), usize::try_from((*list).group_cnt).unwrap_or(0));
                    let names = groups.iter().map(|g| (text(g.group), text(g.protocol_type), text(g.state))).collect();
                    sys::rd_kafka_group_list_destroy(list);
                    names
                };
                match code {
                    RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR | RDKafkaRespErr::RD_KAFKA_RESP_ERR__PARTIAL => Ok(names),
                    code => Err(Fault::new(code, "")),
                }
            }
        };
        self.desk().run(work).await?
    }

    /// States, members and what they own. Each group's own fault is in its facts.
    pub async fn describe_groups(self: &Arc<Self>, names: &[String], timeout: Duration) -> Outcome<Vec<GroupFacts>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<CString> = names.iter().map(|n| c_text(n)).collect::<Outcome<_>>()?;
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout);
                let mut names: Vec<_> = names.iter().map(|n| n.as_ptr()).collect();
                // SAFETY: the names are copied; all else is alive during the call.
                unsafe {
                    sys::bindings::rd_kafka_DescribeConsumerGroups(self.ptr(), names.as_mut_ptr(), names.len(), options.0, queue.ptr())
                };
                Ok(())
            },
            |event| {
                // SAFETY: as in `groups`.
                unsafe {
                    let result = sys::bindings::rd_kafka_event_DescribeConsumerGroups_result(event.ptr());
                    let mut n = 0;
                    let groups = sys::bindings::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut n);
                    let facts = items(groups, n).iter().map(|g| {
                        let members = (0..sys::bindings::rd_kafka_ConsumerGroupDescription_member_count(*g)).map(|i| {
                            let m = sys::bindings::rd_kafka_ConsumerGroupDescription_member(*g, i);
                            let (id, host) = (
                                text(sys::bindings::rd_kafka_MemberDescription_client_id(m)),
                                text(sys::bindings::rd_kafka_MemberDescription_host(m)),
                            );
                            let owns = sys::bindings::rd_kafka_MemberDescription_assignment(m);
                            let owns =
                                if owns.is_null() { std::ptr::null() } else { sys::bindings::rd_kafka_MemberAssignment_partitions(owns) };
                            Member {
                                who: format!("{id}@{}", host.trim_start_matches('/')),
                                owns: rows(owns).into_iter().map(|(t, p, _)| (t, p)).collect(),
                            }
                        });
                        GroupFacts {
                            name: text(sys::bindings::rd_kafka_ConsumerGroupDescription_group_id(*g)),
                            members: members.collect(),
                            state: text(sys::bindings::rd_kafka_consumer_group_state_name(
                                sys::bindings::rd_kafka_ConsumerGroupDescription_state(*g),
                            )),
                            new_protocol: protocol(sys::bindings::rd_kafka_ConsumerGroupDescription_type(*g)),
                            fault: seen(sys::bindings::rd_kafka_ConsumerGroupDescription_error(*g)),
                        }
                    });
                    Ok(facts.collect())
                }
            },
        )
        .await
    }

    /// What one group committed: everywhere, or in these partitions. librdkafka takes one group a call; have many in flight.
    pub async fn commits(self: &Arc<Self>, group: &str, of: Option<&[(String, i32)]>, timeout: Duration) -> Outcome<Vec<Commit>> {
        let name = c_text(group)?;
        self.call(
            |queue| {
                let options = Options::new(self, Op::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout);
                let list = of.map(|of| List::new(of.iter().map(|(t, p)| (t.as_str(), *p, -1001)))).transpose()?;
                // SAFETY: the request object copies name and list and is freed here; the call copies it in turn.
                unsafe {
                    let mut asks = [sys::bindings::rd_kafka_ListConsumerGroupOffsets_new(
                        name.as_ptr(),
                        list.as_ref().map_or(std::ptr::null(), |l| l.0.cast_const()),
                    )];
                    sys::bindings::rd_kafka_ListConsumerGroupOffsets(self.ptr(), asks.as_mut_ptr(), asks.len(), options.0, queue.ptr());
                    sys::bindings::rd_kafka_ListConsumerGroupOffsets_destroy(asks[0]);
                }
                Ok(())
            },
            |event| {
                // SAFETY: as in `groups`.
                unsafe {
                    let result = sys::bindings::rd_kafka_event_ListConsumerGroupOffsets_result(event.ptr());
                    let mut n = 0;
                    let groups = sys::bindings::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut n);
                    let mut commits = Vec::new();
                    for g in items(groups, n) {
                        if let Some(fault) = seen(sys::rd_kafka_group_result_error(*g)) {
                            return Err(fault);
                        }
                        commits.extend(
                            rows(sys::rd_kafka_group_result_partitions(*g)).into_iter().map(|(topic, partition, offset)| Commit {
                                topic,
                                partition,
                                offset: (offset >= 0).then_some(offset),
                            }),
                        );
                    }
                    Ok(commits)
                }
            },
        )
        .await
    }
}
