//! Accepts connections until told to stop, then finishes what was accepted, within a time.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::response::Redirect;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::App;
use crate::layers::client::Peer;
use crate::tls::Tls;

/// First byte of a TLS connection: a record of the type handshake (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything that was accepted was answered.
    Finished,
    /// This many connections were cut because their requests took longer than the time allowed.
    Cut(usize),
}

/// Serves until `stop` is ready.
///
/// # Errors
/// Only what makes every further connection fail; a failing connection is no error.
pub async fn serve(listener: TcpListener, app: App, stop: impl Future<Output = ()>) -> io::Result<End> {
    let router = crate::router::router(app.clone());
    let acceptor = app.config.tls.as_ref().map(Tls::acceptor).transpose().map_err(io::Error::other)?;
    let renewal = app.config.tls.clone().map(|tls| tokio::spawn(tls.keep()));
    let places = Arc::new(Semaphore::new(app.config.connections));
    let graceful = GracefulShutdown::new();
    let sweeper = tokio::spawn(sweep(app.clone()));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(e) if is_of_one_connection(&e) => continue,
            Err(e) => {
                // Out of file descriptors, most likely: let some end before asking again.
                tracing::warn!(error = %e, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Answers are small: sending them at once matters more than full packets.
        let _ = stream.set_nodelay(true);
        let (app, router, watcher) = (app.clone(), router.clone(), graceful.watcher());
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let limit = app.config.header_timeout;
            match acceptor {
                None => answer(stream, router, Peer { address, tls: false }, limit, watcher).await,
                Some(acceptor) => {
                    // A browser that was told no scheme speaks plainly first: it is shown the way.
                    let mut first = [0];
                    let peeked = tokio::time::timeout(limit, stream.peek(&mut first)).await;
                    if !matches!(peeked, Ok(Ok(1))) {
                        return;
                    }
                    if first[0] != TLS_HANDSHAKE {
                        let peer = Peer { address, tls: false };
                        return answer(stream, to_https(), peer, limit, watcher).await;
                    }
                    let shaken = tokio::time::timeout(limit, acceptor.accept(stream)).await;
                    // One who does not trust the certificate ends here.
                    let Ok(Ok(stream)) = shaken else { return };
                    answer(stream, router, Peer { address, tls: true }, limit, watcher).await;
                }
            }
            drop(place);
        });
    }
    drop(listener);
    sweeper.abort();
    renewal.inspect(tokio::task::JoinHandle::abort);
    tracing::info!(connections = graceful.count(), "stopping: no new connections");
    let open = app.config.connections;
    let end = match tokio::time::timeout(app.config.drain_timeout, graceful.shutdown()).await {
        Ok(()) => End::Finished,
        Err(_) => End::Cut(open - places.available_permits()),
    };
    Ok(end)
}

/// Answers the requests of one connection.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    peer: Peer,
    header_timeout: Duration,
    watcher: Watcher,
) {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is the client's matter.
    let _ = watcher.watch(connection).await;
}

/// Leads every address to the same one by HTTPS.
fn to_https() -> Router {
    Router::new().fallback(async |request: Request| {
        let host =
            request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        Redirect::permanent(&format!("https://{host}{path}"))
    })
}

fn is_of_one_connection(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&e.kind())
}

/// Forgets idle clients' buckets each minute.
async fn sweep(app: App) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        app.limiter.forget_idle();
        app.sign_in_limiter.forget_idle();
    }
}
