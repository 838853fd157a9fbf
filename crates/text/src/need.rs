//! What the writer needs, as far as a model learnt it from requests: which request it is, and what else can be expected of him.

pub(crate) mod training;

use std::sync::LazyLock;

use voce_domain::labels::REQUEST_TYPES;

use crate::features::Features;
use crate::linear::Reason;
use crate::model::Model;

static REQUEST: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("../models/request.bin")).ok());
static NEED: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("../models/need.bin")).ok());

/// What the second model tells, in the order of its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Complaint,
    /// Urgency is high or critical.
    Urgent,
    Critical,
    Buying,
    Praise,
    Idea,
    Leaving,
}

const SIGNS: [&str; 7] = ["complaint", "urgent", "critical", "buying", "praise", "idea", "leaving"];

/// Probabilities of what a text asks for and lets expect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// By place in [`REQUEST_TYPES`]; they sum to 1.
    pub requests: [f32; REQUEST_TYPES.len()],
    signs: [f32; SIGNS.len()],
}

impl Need {
    pub fn read(features: &Features) -> Self {
        let mut need = Self {
            requests: [1.0 / REQUEST_TYPES.len() as f32; REQUEST_TYPES.len()],
            signs: [0.0; SIGNS.len()],
        };
        if let Some(model) = REQUEST.as_ref() {
            model.linear.probabilities(features, &mut need.requests);
        }
        if let Some(model) = NEED.as_ref() {
            model.linear.probabilities(features, &mut need.signs);
        }
        need
    }

    /// 0..1.
    pub fn of(&self, sign: Sign) -> f32 {
        self.signs[sign as usize]
    }
}

/// The tokens that made the request model say this, strongest first.
pub(crate) fn why_request(features: &Features, request: usize) -> impl Iterator<Item = Reason> {
    why(REQUEST.as_ref(), features, request)
}

/// The tokens that made the model see a sign, strongest first.
pub(crate) fn why_sign(features: &Features, sign: Sign) -> impl Iterator<Item = Reason> {
    why(NEED.as_ref(), features, sign as usize)
}

fn why(model: Option<&'static Model>, features: &Features, output: usize) -> impl Iterator<Item = Reason> {
    let reasons = model
        .map(|model| model.linear.why(features, output))
        .unwrap_or_default();
    reasons.into_iter().filter(|reason| reason.weight > 0.05).take(3)
}
