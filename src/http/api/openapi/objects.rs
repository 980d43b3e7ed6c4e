//! The objects of all responses, found from the operations.

use crate::http::api::{
    operation::{Content, Operation},
    problem::ProblemBody,
    response_body::ResponseBody,
    schema::ObjectSchema,
};

/// Returns the objects in the order of the operations, each before the objects in it. The last ones are those of errors.
pub fn objects(operations: &[&Operation]) -> Vec<&'static ObjectSchema> {
    let mut found = Vec::new();
    for operation in operations {
        match operation.success.content {
            Content::Nothing => {}
            Content::One(object) | Content::Page(object) => add(object, &mut found),
        }
    }
    add(ProblemBody::OBJECT, &mut found);
    found
}

fn add(object: &'static ObjectSchema, found: &mut Vec<&'static ObjectSchema>) {
    if found.iter().any(|known| known.name == object.name) {
        return;
    }
    found.push(object);
    object.members.iter().filter_map(|member| member.shape.object()).for_each(|inner| add(inner, found));
}
