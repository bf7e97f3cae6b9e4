//! HTTPS by the server itself: with a certificate from files, or with one of a local authority which the devices of the
//! studio trust once they have installed it. Passkeys, camera and work without a network need it.
//!
//! The local authority can vouch for nothing but names and addresses of networks of one's own (RFC 5280, 4.2.1.10): a
//! device that trusts it gives nobody power over its other connections, even if the authority's key is stolen.

use std::fmt;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// Ends of names that no public authority gives out: mDNS (RFC 6762), home networks (RFC 8375), the name reserved for
/// private use by ICANN (2024), and what routers commonly use.
const OWN_NAMES: [&str; 5] = ["localhost", "local", "home.arpa", "internal", "lan"];
/// Addresses of networks of one's own: RFC 1918, RFC 4193, link-local and loopback.
const OWN_NETWORKS: [&str; 8] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];
/// Browsers take certificates of servers up to this age (CA/Browser Forum, baseline requirements 6.3.2).
const SERVER_DAYS: i64 = 397;
/// How long devices can keep the authority (an assumption).
const AUTHORITY_YEARS: i16 = 10;
/// How often files are read again: a renewed certificate is used without a restart.
const FILES_AGAIN: Duration = Duration::from_secs(3600);
/// How often the local authority gives a new certificate.
const LOCAL_AGAIN: Duration = Duration::from_secs(30 * 86_400);

/// What the server shows to prove who it is.
pub struct Tls {
    source: Source,
    held: RwLock<Arc<CertifiedKey>>,
}

enum Source {
    Files { certificate: PathBuf, key: PathBuf },
    Local { authority: Authority, names: Vec<String> },
}

/// The certificate that devices install.
#[derive(Debug)]
pub struct Authority {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    key: String,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

// Debug is asked for by rustls; keys stay out of it.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(..)")
    }
}

impl Tls {
    /// With a certificate chain and its key, both PEM.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Tls, String> {
        Tls::of(Source::Files { certificate: certificate.to_owned(), key: key.to_owned() })
    }

    /// With the local authority kept in a folder, made at the first call, for these names and addresses.
    ///
    /// # Errors
    /// What is wrong with the folder, or which name is not one of a network of one's own.
    pub fn local(folder: &Path, names: Vec<String>) -> Result<Tls, String> {
        if let Some(public) = names.iter().find(|name| !is_own(name)) {
            return Err(format!(
                "--tls self is for a network of one's own, and \"{public}\" is not of one: give a certificate of a public \
                 authority as --tls CERT KEY, or a name that ends in .local or .internal"
            ));
        }
        Tls::of(Source::Local { authority: Authority::kept_in(folder)?, names })
    }

    fn of(source: Source) -> Result<Tls, String> {
        let held = RwLock::new(Arc::new(source.certificate()?));
        Ok(Tls { source, held })
    }

    /// The local authority, where there is one.
    pub fn authority(&self) -> Option<&Authority> {
        match &self.source {
            Source::Local { authority, .. } => Some(authority),
            Source::Files { .. } => None,
        }
    }

    /// What accepts connections with it.
    ///
    /// # Errors
    /// None that this program can cause.
    pub fn acceptor(self: &Arc<Tls>) -> Result<TlsAcceptor, String> {
        let of_certificate: Arc<dyn ResolvesServerCert> = Arc::<Tls>::clone(self);
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(of_certificate);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Keeps the certificate fresh until the server ends.
    pub async fn keep(self: Arc<Tls>) {
        let again = if self.authority().is_some() { LOCAL_AGAIN } else { FILES_AGAIN };
        loop {
            tokio::time::sleep(again).await;
            match self.source.certificate() {
                Ok(new) => *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new),
                Err(e) => tracing::warn!(error = %e, "the certificate is not renewed; the one before stays"),
            }
        }
    }
}

impl Source {
    fn certificate(&self) -> Result<CertifiedKey, String> {
        let (chain, key) = match self {
            Source::Files { certificate, key } => read(certificate, key)?,
            Source::Local { authority, names } => authority.vouch(names)?,
        };
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|e| match self {
            Source::Files { certificate, key } => {
                format!("{} and {} do not fit together: {e}", certificate.display(), key.display())
            }
            Source::Local { .. } => e.to_string(),
        })
    }
}

type Chain = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read(certificate: &Path, key: &Path) -> Result<Chain, String> {
    let bytes = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let pem = bytes(certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| {
        format!("{}: no certificate in PEM (\"-----BEGIN CERTIFICATE-----\")", certificate.display())
    })?;
    let key = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(|_| format!("{}: no private key in PEM (\"-----BEGIN PRIVATE KEY-----\")", key.display()))?;
    Ok((chain, key))
}

impl Authority {
    fn kept_in(folder: &Path) -> Result<Authority, String> {
        let failed = |path: &Path, e: &dyn fmt::Display| format!("{}: {e}", path.display());
        let (pem, key_file) = (folder.join("authority.pem"), folder.join("authority.key"));
        if !key_file.exists() {
            let key = KeyPair::generate().map_err(|e| e.to_string())?;
            std::fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
            write_secret(&key_file, &key.serialize_pem()).map_err(|e| failed(&key_file, &e))?;
        }
        let key = std::fs::read_to_string(&key_file).map_err(|e| failed(&key_file, &e))?;
        let pair = KeyPair::from_pem(&key).map_err(|e| failed(&key_file, &e))?;
        // The same key and name make the same authority: one whose certificate was lost is written again.
        if !pem.exists() {
            let made = authority_params(&pair)?.self_signed(&pair).map_err(|e| e.to_string())?;
            std::fs::write(&pem, made.pem()).map_err(|e| failed(&pem, &e))?;
        }
        let certificate = CertificateDer::from_pem_file(&pem).map_err(|e| failed(&pem, &e))?;
        Ok(Authority { certificate: certificate.to_vec(), key })
    }

    /// SHA-256 of the certificate as devices show it: pairs of hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> =
            Sha256::digest(&self.certificate).iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }

    fn vouch(&self, names: &[String]) -> Result<Chain, String> {
        let said = |e: rcgen::Error| e.to_string();
        let pair = KeyPair::from_pem(&self.key).map_err(said)?;
        let issuer = Issuer::new(authority_params(&pair)?, pair);
        let mut params = CertificateParams::new(names).map_err(said)?;
        valid(&mut params, jiff::Span::new().days(SERVER_DAYS - 1));
        params.distinguished_name = name("hairline".to_owned());
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let own = KeyPair::generate().map_err(said)?;
        let certificate = params.signed_by(&own, &issuer).map_err(said)?;
        let chain = vec![certificate.der().clone(), CertificateDer::from(self.certificate.clone())];
        Ok((chain, PrivatePkcs8KeyDer::from(own.serialize_der()).into()))
    }
}

fn authority_params(key: &KeyPair) -> Result<CertificateParams, String> {
    let mut params = CertificateParams::new(Vec::new()).map_err(|e| e.to_string())?;
    // Told apart from the authority of another studio on the same device.
    let tag = Sha256::digest(key.public_key_raw());
    let tag: String = tag.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
    params.distinguished_name = name(format!("hairline local authority {tag}"));
    valid(&mut params, jiff::Span::new().years(AUTHORITY_YEARS));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let names = OWN_NAMES.iter().map(|name| GeneralSubtree::DnsName((*name).to_owned()));
    let networks = own_networks()
        .map(|net| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(net.network(), net.prefix_len())));
    let permitted_subtrees = names.chain(networks).collect();
    params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    Ok(params)
}

fn name(common: String) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// From yesterday, for devices whose clock is behind.
fn valid(params: &mut CertificateParams, life: jiff::Span) {
    let today = crate::office::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let midnight = |date: Date| {
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = midnight(today.saturating_sub(jiff::Span::new().days(1)));
    params.not_after = midnight(today.saturating_add(life));
}

/// Only its owner may read it.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn own_networks() -> impl Iterator<Item = ipnet::IpNet> {
    OWN_NETWORKS.iter().filter_map(|net| net.parse().ok())
}

fn is_own(name: &str) -> bool {
    match name.parse::<IpAddr>() {
        Ok(address) => own_networks().any(|net| net.contains(&address)),
        Err(_) => OWN_NAMES.iter().any(|end| name == *end || name.ends_with(&format!(".{end}"))),
    }
}

/// What devices may call this server: itself, the machine's name by mDNS, its address in the network, and its public address.
pub fn own_names(listen: SocketAddr, public_host: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if let Some(host) = hostname::get().ok().and_then(|name| name.into_string().ok()) {
        let label = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            names.push(format!("{label}.local"));
        }
    }
    if listen.ip().is_unspecified() {
        // The system's choice of an address towards others; nothing is sent (RFC 5737 and 3849 addresses).
        let routes = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
        let towards = |(from, to): (&str, &str)| {
            let socket = UdpSocket::bind(from).ok()?;
            socket.connect(to).ok()?;
            socket.local_addr().ok().map(|address| address.ip().to_string())
        };
        names.extend(routes.into_iter().filter_map(towards).filter(|address| is_own(address)));
    } else {
        names.push(listen.ip().to_string());
    }
    names.extend(public_host.map(str::to_owned));
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::client::WebPkiServerVerifier;
    use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
    use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    #[test]
    fn a_name_is_of_ones_own_network_or_not() {
        for own in
            ["localhost", "frontdesk.local", "studio.home.arpa", "192.168.1.7", "10.0.0.1", "fd12::1", "::1"]
        {
            assert!(is_own(own), "{own}");
        }
        for public in
            ["studio.example", "local.example", "notlocal", "8.8.8.8", "172.32.0.1", "2001:4860::1", ""]
        {
            assert!(!is_own(public), "{public}");
        }
    }

    #[test]
    fn a_public_name_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = Tls::local(folder.path(), vec!["studio.example".to_owned()]).map(|_| ());
        assert!(refused.is_err_and(|e| e.contains("studio.example") && e.contains("--tls CERT KEY")));
        assert!(!folder.path().join("authority.key").exists(), "nothing is made");
    }

    #[test]
    fn files_that_are_no_certificate_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let refused = |what: &str| {
            let refused = Tls::from_files(&certificate, &key).map(|_| ());
            assert!(refused.as_ref().is_err_and(|e| e.contains(what)), "{refused:?} does not say {what}");
        };
        refused("c.pem");
        let own = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        std::fs::write(&certificate, own("a.example").cert.pem()).expect("written");
        refused("k.pem");
        std::fs::write(&key, "no key").expect("written");
        refused("no private key");
        std::fs::write(&key, own("b.example").signing_key.serialize_pem()).expect("written");
        refused("do not fit together");
    }

    #[test]
    fn an_authority_stays_the_same_and_its_key_is_its_owners() {
        let folder = tempfile::tempdir().expect("a folder");
        let fingerprint = || {
            let tls = Tls::local(folder.path(), vec!["desk.local".to_owned()]).expect("an authority");
            tls.authority().map(Authority::fingerprint).expect("it is local")
        };
        let first = fingerprint();
        assert_eq!((first.len(), fingerprint()), (95, first.clone()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode =
                std::fs::metadata(folder.path().join("authority.key")).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    /// By the rules of rustls' own client.
    fn trusted(authority: &Authority, names: &[&str], as_name: &str) -> bool {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let (chain, _) = authority.vouch(&names).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority.certificate.clone())).expect("a root");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let name = ServerName::try_from(as_name.to_owned()).expect("a name");
        let checked =
            verifier.expect("a verifier").verify_server_cert(&chain[0], &[], &name, &[], UnixTime::now());
        checked.is_ok()
    }

    #[test]
    fn the_authority_vouches_for_networks_of_ones_own_and_for_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::kept_in(folder.path()).expect("an authority");
        for own in ["desk.local", "localhost", "studio.internal", "192.168.1.7", "10.1.2.3", "::1", "fd00::1"]
        {
            assert!(trusted(&authority, &[own], own), "{own}");
        }
        // Even who steals its key cannot make the studio's devices believe these.
        for public in ["bank.example", "local.example", "8.8.8.8", "2001:4860::1"] {
            assert!(!trusted(&authority, &[public], public), "{public}");
        }
        assert!(!trusted(&authority, &["desk.local"], "other.local"), "a name it was not given");
        assert!(!trusted(&authority, &["desk.local", "bank.example"], "desk.local"), "nor beside an own one");
    }

    #[test]
    fn a_renewed_file_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let renew = || {
            let own = rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a certificate");
            std::fs::write(&certificate, own.cert.pem()).expect("written");
            std::fs::write(&key, own.signing_key.serialize_pem()).expect("written");
            own.cert.der().clone()
        };
        let first = renew();
        let tls = Tls::from_files(&certificate, &key).expect("they fit");
        assert_eq!(tls.held.read().expect("held").cert, vec![first]);
        let second = renew();
        assert_eq!(tls.source.certificate().expect("they fit").cert, vec![second]);
    }
}
