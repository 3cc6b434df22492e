//! What the course's route takes and answers, described. The bytes themselves are written by hand, as the course's
//! application writes them, which no serializer does.
#![expect(dead_code, reason = "described, never made")]

use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};

/// What is asked.
#[derive(ToSchema)]
pub(in super::super) struct Expressao {
    /// An expression in Python's arithmetic and the notation of mathematics.
    #[schema(example = "2+2")]
    expressao: String,
}

/// What is answered.
#[derive(ToSchema)]
pub(in super::super) struct Resultado {
    #[schema(schema_with = result)]
    resultado: (),
}

fn result() -> Schema {
    let description = "The value: a number with all its digits, `true`, `false` or `null`, a text, an array of these; \
                       what JSON has no form for (infinity, complex numbers) is its Python text. If the expression \
                       failed, a text that begins with `Erro na expressão informada: ` and says why.";
    value(description)
}

/// What a value is in JSON.
pub(in super::super) fn value(description: &str) -> Schema {
    let types = [Type::Number, Type::Boolean, Type::Null, Type::String];
    let anything = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(SchemaType::from_iter(types)))
        .item(ArrayBuilder::new().items(anything))
        .description(Some(description))
        .into()
}

/// A refusal in the words of the course's framework.
#[derive(ToSchema)]
pub(in super::super) struct Refusal {
    #[schema(example = "There was an error parsing the body")]
    detail: String,
}

/// What is wrong with a body, as pydantic reports it.
#[derive(ToSchema)]
pub(in super::super) struct ValidationError {
    detail: Vec<WrongPart>,
}

/// One thing wrong.
#[derive(ToSchema)]
pub(in super::super) struct WrongPart {
    /// What kind of mistake it is, for programs.
    #[schema(example = "missing")]
    r#type: String,
    /// Where: members, or the position of a character.
    #[schema(schema_with = place)]
    loc: (),
    /// The same for people.
    msg: String,
    /// What was given there.
    input: serde_json::Value,
    /// More about it, for some kinds.
    #[schema(value_type = Cause, required = false)]
    ctx: Option<Cause>,
}

/// What the decoder of JSON says.
#[derive(ToSchema)]
pub(in super::super) struct Cause {
    error: String,
}

fn place() -> Array {
    let part = OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(ObjectBuilder::new().schema_type(Type::Integer));
    ArrayBuilder::new().items(part).build()
}
