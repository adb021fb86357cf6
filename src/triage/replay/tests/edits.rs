//! Bodies edited by hand: published in place of the original's, of the very message that they were made from only.

use super::*;
use crate::schema::{Declared, see};
use crate::triage::plan::{EditedBody, Warning, editable};

fn edit(message: &Message, body: &str) -> EditedBody {
    let seen = see(message.clone(), &Declared::default());
    let given = editable(&seen).unwrap();
    EditedBody::new(&seen, &given, body.as_bytes().to_vec(), &Declared::default(), "lea").unwrap().unwrap().0
}

async fn plan(stage: &Stage, of: &Message, at: &Message) -> ReplayPlan {
    let mut ask = stage.ask(Deed::Replay, Route::Origin);
    ask.edit.set_body(&at.seat, edit(of, "mended"));
    stage.plan_for(ask).await
}

#[tokio::test]
async fn the_edited_body_is_published_and_the_copy_is_the_original() {
    for shape in [Shape::kafka(), Shape::rabbitmq()] {
        let stage = Stage::new(shape);
        stage.dead(&["a", "b", "c"]);
        let dead = stage.memory.messages("orders.dlt");
        let one = dead.iter().find(|m| seq(m) == 1).unwrap();
        let plan = plan(&stage, one, one).await;
        assert!(plan.warnings.contains(&Warning::Edited { messages: 1, by: "lea".into() }), "{:?}", plan.warnings);
        assert_eq!(plan.changes.edited, 1);
        assert_eq!(run(&stage, &plan).await.counts.replayed, 3);
        for message in stage.memory.messages("orders") {
            let wanted = if seq(&message) == 1 { "mended".to_owned() } else { format!("body {}", seq(&message)) };
            assert_eq!(message.body.as_deref(), Some(wanted.as_bytes()));
        }
        let n = plan.items.iter().find(|i| i.seat == one.seat).unwrap().n;
        let copy = stage.means.ledger.copy(plan.id.clone(), n).await.unwrap().unwrap();
        assert_eq!(copy.message.body.as_deref(), Some(&b"body 1"[..]));
    }
}

#[tokio::test]
async fn an_edit_of_another_message_is_not_applied_and_the_message_stays() {
    let stage = Stage::new(Shape::kafka());
    stage.dead(&["a", "b"]);
    let dead = stage.memory.messages("orders.dlt");
    let plan = plan(&stage, &dead[0], &dead[1]).await;
    assert_eq!((plan.todo(), plan.left_out().get(&Skip::Changed.words())), (1, Some(&1)));
    run(&stage, &plan).await;
    assert_eq!(stage.arrived(), [(seq(&dead[0]), 1)].into());
}

#[tokio::test]
async fn an_edit_survives_a_restart_with_its_plan() {
    let mut stage = Stage::new(Shape::kafka());
    stage.dead(&["a"]);
    let dead = stage.memory.messages("orders.dlt");
    let id = plan(&stage, &dead[0], &dead[0]).await.id;
    stage.reopen();
    let (_wish, heard) = go();
    let report = resume(&id, &stage.means, &|_| {}, heard).await;
    assert_eq!(report.counts.replayed, 1, "{report:?}");
    assert_eq!(stage.memory.messages("orders")[0].body.as_deref(), Some(&b"mended"[..]));
}
