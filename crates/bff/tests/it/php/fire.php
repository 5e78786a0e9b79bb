<?php
namespace WHMCS\Database {
    // Stands in for the tables of WHMCS: upgrade 4 is of client 70, upgrade 5 cannot be read, others do not exist.
    class Capsule {
        private int $id = 0;
        public static function table(string $name): self {
            if ($name !== 'tblupgrades') { throw new \Exception("no table $name"); }
            return new self();
        }
        public function where(string $column, int $id): self {
            if ($id === 5) { throw new \Exception('no database'); }
            $this->id = $id;
            return $this;
        }
        public function first(): ?object {
            return $this->id === 4 ? (object) ['id' => 4, 'userid' => 70, 'relid' => 9] : null;
        }
    }
}

namespace {
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
}
