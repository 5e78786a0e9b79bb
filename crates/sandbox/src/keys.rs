//! Keys, certificate and credentials: made once, kept with the world.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rand::Rng;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Everything secret that the sandbox owns. PEM texts and opaque strings.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub ca_pem: String,
    pub certificate_pem: String,
    pub certificate_key_pem: String,
    pub app_private_pem: String,
    pub app_public_pem: String,
    pub client_id: String,
    pub client_secret: String,
    pub whmcs_identifier: String,
    pub whmcs_secret: String,
    pub freebit_oem_id: String,
    pub freebit_oem_key: String,
}

/// Random letters and digits.
pub(crate) fn random_text(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect()
}

/// A random UUID (version 4).
pub(crate) fn new_uuid() -> String {
    uuid::Builder::from_random_bytes(rand::rng().random()).into_uuid().to_string()
}

impl Keys {
    /// What webhooks are signed with: follows from the API secret, so that older key files have it too.
    pub(crate) fn webhook_secret(&self) -> String {
        let digest = Sha256::digest(format!("webhook {}", self.whmcs_secret));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Takes the keys from the folder or makes new ones and leaves them there, readable by the owner only.
    pub(crate) fn load(dir: Option<&Path>) -> anyhow::Result<Self> {
        // Making an RSA key costs a tenth of a second and more; worlds in memory of one process share theirs.
        static IN_MEMORY: OnceLock<Keys> = OnceLock::new();
        let Some(dir) = dir else {
            if let Some(keys) = IN_MEMORY.get() {
                return Ok(keys.clone());
            }
            let keys = Self::generate()?;
            return Ok(IN_MEMORY.get_or_init(|| keys).clone());
        };
        let path = dir.join("keys.json");
        if let Ok(bytes) = fs::read(&path) {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        fs::create_dir_all(dir)?;
        let keys = Self::generate()?;
        let next = dir.join("keys.json.next");
        fs::write(&next, serde_json::to_vec_pretty(&keys)?)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&next, fs::Permissions::from_mode(0o600))?;
        }
        fs::rename(next, path)?;
        Ok(keys)
    }

    fn generate() -> anyhow::Result<Self> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::new(Vec::<String>::new())?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.distinguished_name.push(DnType::CommonName, "Sandbox local authority");
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_pem = ca.self_signed(&ca_key)?.pem();

        let leaf_key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let mut leaf = CertificateParams::new(names)?;
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let certificate = leaf.signed_by(&leaf_key, &Issuer::new(ca, ca_key))?;

        let app_key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        Ok(Self {
            ca_pem,
            certificate_pem: certificate.pem(),
            certificate_key_pem: leaf_key.serialize_pem(),
            app_private_pem: app_key.serialize_pem(),
            app_public_pem: app_key.public_key_pem(),
            client_id: format!("3MVG9{}", random_text(80)),
            client_secret: random_text(64),
            whmcs_identifier: random_text(32),
            whmcs_secret: random_text(32),
            freebit_oem_id: "PASI".to_owned(),
            freebit_oem_key: random_text(24),
        })
    }
}
