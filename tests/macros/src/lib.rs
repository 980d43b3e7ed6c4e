//! `#[async_test]`: the one attribute of every asynchronous integration test.
//!
//! Invariant: every such test runs on the multi-threaded runtime, as the server does.

use proc_macro::TokenStream;

/// Runs an asynchronous function as a test on a multi-threaded runtime.
///
/// Without arguments the runtime has one worker thread for each core; `worker_threads = N` sets their number.
#[proc_macro_attribute]
pub fn async_test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let attribute = format!("#[::tokio::test(flavor = \"multi_thread\", {arguments})]");
    match attribute.parse::<TokenStream>() {
        Ok(mut test) => {
            test.extend(function);
            test
        }
        Err(_) => "compile_error!(\"the arguments of async_test are not tokens\");".parse().unwrap_or_default(),
    }
}
