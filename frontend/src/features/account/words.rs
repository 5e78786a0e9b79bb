//! Words for stored names that these pages show.

use crate::providers::language::Tr;
use crate::w;
use domain::account::closing::{Law, Record};
use domain::account::{ActivityKind, Obstacle};

pub const fn activity(kind: ActivityKind) -> Tr {
    use ActivityKind as K;
    match kind {
        K::AccountOpened => w!("Account opened", "アカウントを作成"),
        K::AccountLinked => w!("Contract linked", "ご契約を登録"),
        K::SignedIn => w!("Signed in", "ログイン"),
        K::SignInFailed => w!("A sign-in failed", "ログインに失敗"),
        K::SignedOut => w!("Signed out", "ログアウト"),
        K::SessionEnded => w!("A device was signed out", "端末をログアウト"),
        K::SessionReused => w!("A copied sign-in was stopped", "複製されたログインを停止"),
        K::NewDevice => w!("Signed in on a new device", "新しい端末でログイン"),
        K::PasswordChanged => w!("Password changed", "パスワードを変更"),
        K::PasswordResetAsked => w!("Link for a new password sent", "パスワード再設定のリンクを送信"),
        K::PasswordReset => w!("Password chosen anew by mail", "メールでパスワードを再設定"),
        K::EmailChangeAsked => w!("Change of mail address begun", "メールアドレスの変更を開始"),
        K::EmailChangeWithdrawn => w!("Change of mail address withdrawn", "メールアドレスの変更を取り消し"),
        K::EmailChanged => w!("Mail address changed", "メールアドレスを変更"),
        K::AuthenticatorOn => w!("Authenticator app switched on", "認証アプリを設定"),
        K::AuthenticatorOff => w!("Authenticator app switched off", "認証アプリを解除"),
        K::SecondFactorChanged => w!("Second sign-in step changed", "ログインの2段階目を変更"),
        K::RecoveryCodesMade => w!("New recovery codes made", "リカバリーコードを作成"),
        K::RecoveryCodeUsed => w!("Recovery code used", "リカバリーコードを使用"),
        K::PasskeyAdded => w!("Passkey added", "パスキーを追加"),
        K::PasskeyRenamed => w!("Passkey renamed", "パスキーの名前を変更"),
        K::PasskeyRemoved => w!("Passkey removed", "パスキーを削除"),
        K::MemberInvited => w!("Somebody was invited", "メンバーを招待"),
        K::InvitationWithdrawn => w!("Invitation withdrawn", "招待を取り消し"),
        K::MemberJoined => w!("Somebody joined", "メンバーが参加"),
        K::MemberChanged => w!("Role or lines of a person changed", "メンバーの役割・回線を変更"),
        K::MemberRemoved => w!("A person was removed", "メンバーを削除"),
        K::BillingLinkRepaired => w!("Link to billing repaired", "請求との連携を修復"),
        K::OrderPlaced => w!("Order placed", "注文"),
        K::OrderConfirmed => w!("Order confirmed", "注文を確定"),
        K::OrderApproved => w!("Order approved", "注文を承認"),
        K::OrderRejected => w!("Order ended", "注文が終了"),
        K::OrderActive => w!("Order is ready", "注文の準備が完了"),
        K::LineChanged => w!("Setting of a line changed", "回線の設定を変更"),
        K::PaymentMade => w!("Payment made", "お支払い"),
        K::PaymentMethodChanged => w!("Payment method changed", "支払い方法を変更"),
        K::DataCopyAsked => w!("Copy of your data asked for", "データの写しを請求"),
        K::DataCopyFetched => w!("Copy of your data downloaded", "データの写しをダウンロード"),
        K::ClosingAsked => w!("Closing of the account asked for", "アカウントの解約を申請"),
        K::ClosingWithdrawn => w!("Closing of the account withdrawn", "アカウントの解約を取り消し"),
    }
}

pub const fn obstacle(obstacle: Obstacle) -> Tr {
    match obstacle {
        Obstacle::ServicesActive => {
            w!("A service is still running. End it first.", "利用中のサービスがあります。先に解約してください。")
        }
        Obstacle::OrdersOpen => {
            w!("An order is under way. Wait until it has ended.", "処理中の注文があります。完了までお待ちください。")
        }
        Obstacle::BillingSilent => w!(
            "Billing does not answer, so we cannot see whether a service is running. Try again later.",
            "請求システムが応答しないため、サービスの状況を確認できません。しばらくしてからお試しください。"
        ),
        Obstacle::NotOwner => w!("Only the owner can close the account.", "解約できるのは契約者のみです。"),
    }
}

pub const fn record(record: Record) -> Tr {
    match record {
        Record::Invoices => w!("Invoices and payments", "請求書とお支払いの記録"),
        Record::Orders => w!("Orders and contracts", "注文とご契約の記録"),
        Record::LineHolder => w!("Identity check of the holder of a line with calls", "音声回線の契約者の本人確認記録"),
        Record::Log => w!("The log of what happened, without names and addresses", "操作の記録（氏名・住所を除く）"),
    }
}

pub const fn law(law: Law) -> Tr {
    match law {
        Law::Tax => w!("tax law", "税法"),
        Law::Commercial => w!("company law", "会社法"),
        Law::Telecom => w!("law on identity checks for mobile phones", "携帯電話不正利用防止法"),
    }
}
