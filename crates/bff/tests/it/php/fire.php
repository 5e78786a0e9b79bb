<?php
// Stands in for WHMCS: keeps what the hook file registers, then runs the hooks of argv[1] (JSON: [[name, variables], …]).
$hooks = [];
function add_hook($name, $priority, $callback) { $GLOBALS['hooks'][] = [$name, $callback]; }
require $argv[2];
foreach (json_decode($argv[1], true) as [$name, $vars]) {
    foreach ($hooks as [$known, $callback]) {
        if ($known === $name) { $callback($vars); }
    }
}
echo count($hooks);
