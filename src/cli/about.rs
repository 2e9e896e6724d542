//! `refocus about`: version, commit, licences, and what the program is made from.

use serde_json::json;

use crate::about;

use super::arguments::{About, AboutWhat};
use super::output;

pub(super) fn run(arguments: &About) -> anyhow::Result<()> {
    match arguments.what {
        Some(AboutWhat::Notices) => output::print(about::NOTICES.trim_end()),
        Some(AboutWhat::Bill) => output::print(about::BILL_OF_MATERIALS),
        None if arguments.json => output::print_json(&json!({
            "id": about::ID,
            "version": about::VERSION,
            "commit": about::COMMIT,
            "licence": about::LICENCE,
            "parts": about::parts().len(),
        }))?,
        None => {
            output::print(&format!("Refocus {} ({})", about::VERSION, about::COMMIT));
            output::print(&format!("licence: {}", about::LICENCE));
            output::print(&format!(
                "made from {} parts: `refocus about notices`, `refocus about bill`",
                about::parts().len()
            ));
        }
    }
    Ok(())
}
