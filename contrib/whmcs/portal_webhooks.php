<?php
/**
 * Tells the customer portal that something changed in billing, so that open pages show it at once.
 *
 * Copy this file to `includes/hooks/` of WHMCS and set, in `configuration.php` (or as environment variables of the same
 * names in capitals, `PORTAL_WEBHOOK_URL` and `PORTAL_WEBHOOK_SECRET`):
 *
 *     $portal_webhook_url = 'https://portal.example/api/webhooks/whmcs';
 *     $portal_webhook_secret = '… PORTAL_WHMCS__WEBHOOK_SECRET of the portal …';
 *
 * It sends names of hooks and ids, nothing else: never `params` (they hold passwords), mail addresses or amounts. It waits
 * three seconds at most, sends once, and never stops what WHMCS is doing: the portal asks for the truth by itself and misses
 * nothing but a moment. For PHP 7.4 and newer.
 */

if (!function_exists('add_hook')) {
    // Called from outside WHMCS.
    http_response_code(404);
    return;
}

(static function () {
    /** The hooks that the portal uses, each with the variables that leave the installation, in WHMCS' own spelling. */
    $events = [
        'InvoiceCreated' => ['invoiceid', 'status'],
        'InvoicePaid' => ['invoiceid'],
        'InvoiceCancelled' => ['invoiceid'],
        'InvoiceRefunded' => ['invoiceid'],
        'InvoiceUnpaid' => ['invoiceid'],
        'UpdateInvoiceTotal' => ['invoiceid'],
        'AddInvoiceLateFee' => ['invoiceid'],
        'AddInvoicePayment' => ['invoiceid'],
        'InvoicePaymentReminder' => ['invoiceid', 'type'],
        'InvoiceChangeGateway' => ['invoiceid'],
        'InvoiceSplit' => ['originalinvoiceid', 'newinvoiceid'],
        'AddTransaction' => ['id', 'userid', 'invocieid'],
        'AcceptOrder' => ['orderid'],
        'CancelOrder' => ['orderid'],
        'PendingOrder' => ['orderid'],
        'FraudOrder' => ['orderid'],
        'DeleteOrder' => ['orderid'],
        'CancelAndRefundOrder' => ['orderid'],
        'OrderPaid' => ['orderId', 'userId', 'invoiceId'],
        'AfterShoppingCartCheckout' => ['OrderID', 'InvoiceID'],
        'AfterModuleCreate' => ['serviceid', 'userid'],
        'AfterModuleSuspend' => ['serviceid', 'userid'],
        'AfterModuleUnsuspend' => ['serviceid', 'userid'],
        'AfterModuleTerminate' => ['serviceid', 'userid'],
        'AfterModuleChangePackage' => ['serviceid', 'userid'],
        'AfterModuleCustom' => ['serviceid', 'userid'],
        'AfterModuleCreateFailed' => ['serviceid', 'userid'],
        'AfterModuleSuspendFailed' => ['serviceid', 'userid'],
        'AfterModuleUnsuspendFailed' => ['serviceid', 'userid'],
        'AfterModuleTerminateFailed' => ['serviceid', 'userid'],
        'AfterModuleChangePackageFailed' => ['serviceid', 'userid'],
        'AfterModuleCustomFailed' => ['serviceid', 'userid'],
        'AfterProductUpgrade' => ['upgradeid', 'userid', 'serviceid'],
        'AfterConfigOptionsUpgrade' => ['upgradeid', 'userid', 'serviceid'],
        'ServiceEdit' => ['userid', 'serviceid'],
        'ServiceDelete' => ['userid', 'serviceid'],
        'ServiceRecurringCompleted' => ['serviceid'],
        'CancellationRequest' => ['userid', 'relid', 'type'],
        'ClientEdit' => ['userid'],
        'ClientClose' => ['userid'],
        'ClientDelete' => ['userid'],
    ];

    $setting = static function (string $name): string {
        $configured = $GLOBALS[$name] ?? null;
        if (is_string($configured) && $configured !== '') {
            return $configured;
        }
        $environment = getenv(strtoupper($name));
        return is_string($environment) ? $environment : '';
    };

    /** A version 4 UUID. */
    $uuid = static function (): string {
        $bytes = random_bytes(16);
        $bytes[6] = chr((ord($bytes[6]) & 0x0f) | 0x40);
        $bytes[8] = chr((ord($bytes[8]) & 0x3f) | 0x80);
        return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
    };

    /**
     * The hooks of upgrades name nothing but the upgrade, which the API cannot look up: whose it is stands in a table of WHMCS.
     * Where that cannot be read, the portal hears of the change by the payment and the module.
     */
    $complete = static function (array $vars): array {
        $upgrade = $vars['upgradeid'] ?? null;
        if (!is_numeric($upgrade) || !class_exists('\WHMCS\Database\Capsule')) {
            return $vars;
        }
        try {
            $row = \WHMCS\Database\Capsule::table('tblupgrades')->where('id', (int) $upgrade)->first();
            return $vars + ['userid' => $row->userid ?? null, 'serviceid' => $row->relid ?? null];
        } catch (\Throwable $problem) {
            return $vars;
        }
    };

    /** Only what was asked for: ids as numbers, short words as they are. */
    $pick = static function (array $names, array $vars): array {
        // Module hooks hold everything in `params`, passwords too.
        $from = isset($vars['params']) && is_array($vars['params']) ? $vars['params'] : $vars;
        $data = [];
        foreach ($names as $name) {
            $value = $from[$name] ?? null;
            if (is_int($value) || (is_string($value) && preg_match('/^\d{1,18}$/', $value))) {
                $data[$name] = (int) $value;
            } elseif (is_string($value) && preg_match('/^[A-Za-z ]{1,40}$/', $value)) {
                $data[$name] = $value;
            }
        }
        return $data;
    };

    $post = static function (string $url, string $body, array $headers): int {
        if (function_exists('curl_init')) {
            $curl = curl_init($url);
            curl_setopt_array($curl, [
                CURLOPT_POST => true,
                CURLOPT_POSTFIELDS => $body,
                CURLOPT_HTTPHEADER => $headers,
                CURLOPT_RETURNTRANSFER => true,
                CURLOPT_FOLLOWLOCATION => false,
                CURLOPT_CONNECTTIMEOUT => 2,
                CURLOPT_TIMEOUT => 3,
            ]);
            curl_exec($curl);
            $status = (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
            // Without effect since PHP 8.0, needed before; deprecated in 8.5.
            if (PHP_VERSION_ID < 80000) {
                curl_close($curl);
            }
            return $status;
        }
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'header' => implode("\r\n", $headers),
            'content' => $body,
            'timeout' => 3,
            'ignore_errors' => true,
            'follow_location' => 0,
        ]]);
        $stream = @fopen($url, 'r', false, $context);
        if ($stream === false) {
            return 0;
        }
        $answer = stream_get_meta_data($stream)['wrapper_data'][0] ?? '';
        fclose($stream);
        return preg_match('/^HTTP\/\S+ (\d{3})/', $answer, $found) ? (int) $found[1] : 0;
    };

    $send = static function (string $event, array $data) use ($setting, $uuid, $post): void {
        $url = $setting('portal_webhook_url');
        $secret = $setting('portal_webhook_secret');
        if ($url === '' || $secret === '') {
            return;
        }
        $body = json_encode([
            'event' => $event,
            'eventId' => $uuid(),
            'occurredAt' => gmdate('Y-m-d\TH:i:s\Z'),
            'data' => (object) $data,
        ], JSON_THROW_ON_ERROR);
        $timestamp = (string) time();
        $status = $post($url, $body, [
            'Content-Type: application/json',
            'X-Whmcs-Timestamp: ' . $timestamp,
            'X-Whmcs-Signature: sha256=' . hash_hmac('sha256', $timestamp . '.' . $body, $secret),
        ]);
        if ($status < 200 || $status > 299) {
            error_log("portal webhook $event was not taken (HTTP $status)");
        }
    };

    foreach ($events as $event => $names) {
        // A late priority: whatever else listens goes first.
        add_hook($event, 1000, static function ($vars = []) use ($event, $names, $complete, $pick, $send): void {
            try {
                $send($event, $pick($names, $complete(is_array($vars) ? $vars : [])));
            } catch (\Throwable $problem) {
                // Billing goes on whatever happens here.
                error_log('portal webhook ' . $event . ': ' . get_class($problem));
            }
        });
    }
})();
