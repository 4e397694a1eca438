{{/* The chart's name, as app.kubernetes.io/name has it. */}}
{{- define "ropewalk.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* Prefix of every resource name. Room is left for "-0" of pods and the suffixes of services. */}}
{{- define "ropewalk.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains (include "ropewalk.name" .) .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "ropewalk.name" .) | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What selects the gateway's pods; never changes over upgrades. */}}
{{- define "ropewalk.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ropewalk.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{/* Labels of every resource. Argument: dict "root" . "component" "…". */}}
{{- define "ropewalk.labels" -}}
{{- $root := .root -}}
{{- $labels := dict
      "app.kubernetes.io/name" (include "ropewalk.name" $root)
      "app.kubernetes.io/instance" $root.Release.Name
      "app.kubernetes.io/component" .component
      "app.kubernetes.io/version" ($root.Chart.AppVersion | trunc 63)
      "app.kubernetes.io/managed-by" $root.Release.Service
      "app.kubernetes.io/part-of" "ropewalk"
      "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- toYaml (merge $labels $root.Values.commonLabels) -}}
{{- end }}

{{- define "ropewalk.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ropewalk.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "ropewalk.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}

{{- define "ropewalk.testImage" -}}
{{- printf "%s:%s" .Values.tests.image.repository (default .Chart.AppVersion .Values.tests.image.tag) -}}
{{- end }}

{{- define "ropewalk.tokenSecretName" -}}
{{- default (printf "%s-token" (include "ropewalk.fullname" .)) .Values.security.existingSecret -}}
{{- end }}

{{- define "ropewalk.tokenSecretKey" -}}
{{- if .Values.security.existingSecret }}{{ .Values.security.existingSecretKey }}{{ else }}token{{ end -}}
{{- end }}

{{/* The Secret with the certificate; empty without TLS. */}}
{{- define "ropewalk.tlsSecretName" -}}
{{- if .Values.tls.existingSecret -}}
{{- .Values.tls.existingSecret -}}
{{- else if .Values.certificate.enabled -}}
{{- printf "%s-tls" (include "ropewalk.fullname" .) -}}
{{- end -}}
{{- end }}

{{/* Not empty where the CAs of ca.crt are needed: for callers, NBD clients or NBD servers. */}}
{{- define "ropewalk.needsAuthorities" -}}
{{- if or (eq .Values.security.mode "mtls") (ne .Values.tls.nbdClientAuth "NONE") .Values.tls.devices }}true{{ end -}}
{{- end }}

{{/* A name as a key of Spring's configuration: brackets keep characters that it would drop or split at. */}}
{{- define "ropewalk.configKey" -}}
{{- if regexMatch "^[A-Za-z0-9-]+$" . }}{{ . }}{{ else }}{{ printf "[%s]" . }}{{ end -}}
{{- end }}

{{/* ropewalk.security: the mode, and what it asks for. */}}
{{- define "ropewalk.security" -}}
{{- $security := dict "mode" .Values.security.mode -}}
{{- if eq .Values.security.mode "jwt" -}}
{{- $jwt := dict "name-claim" .Values.security.jwt.nameClaim "roles-claim" .Values.security.jwt.rolesClaim -}}
{{- with .Values.security.jwt.roles }}{{ $_ := set $jwt "roles" . }}{{ end -}}
{{- $_ := set $security "jwt" $jwt -}}
{{- else if eq .Values.security.mode "mtls" -}}
{{- $_ := set $security "certificates" .Values.security.certificates -}}
{{- end -}}
{{- toYaml $security -}}
{{- end }}

{{/* application.yaml: what the chart knows, under what config says. */}}
{{- define "ropewalk.configuration" -}}
{{- $devices := dict -}}
{{- range .Values.devices -}}
{{- $_ := set $devices (include "ropewalk.configKey" .name) (omit . "name") -}}
{{- end -}}
{{- $geoms := dict -}}
{{- range .Values.geoms -}}
{{- $_ := set $geoms (include "ropewalk.configKey" .name) (omit . "name") -}}
{{- end -}}
{{- $ropewalk := dict
      "data-dir" "/var/lib/ropewalk"
      "nbd" (dict "address" .Values.bindAddress "port" 10809 "tls" .Values.tls.nbd)
      "security" (include "ropewalk.security" . | fromYaml) -}}
{{- $allow := dict -}}
{{- range $what, $list := .Values.allow }}{{ if $list }}{{ $_ := set $allow $what $list }}{{ end }}{{ end -}}
{{- if $allow }}{{ $_ := set $ropewalk "allow" $allow }}{{ end -}}
{{- if .Values.scan.patterns }}{{ $_ := set $ropewalk "scan" .Values.scan }}{{ end -}}
{{- if $devices }}{{ $_ := set $ropewalk "devices" $devices }}{{ end -}}
{{- if $geoms }}{{ $_ := set $ropewalk "geoms" $geoms }}{{ end -}}
{{- with .Values.geomDefaults }}{{ $_ := set $ropewalk "geom-defaults" . }}{{ end -}}
{{- $server := dict "address" .Values.bindAddress "port" 8080 "shutdown" "graceful" -}}
{{- $spring := dict "lifecycle" (dict "timeout-per-shutdown-phase" (printf "%ds" (int .Values.shutdownTimeoutSeconds))) -}}
{{- $management := dict "address" .Values.bindAddress "port" 9090 -}}
{{- if eq .Values.security.mode "token" -}}
{{- $_ := set $spring "config" (dict "import" "configtree:/etc/ropewalk/secrets/") -}}
{{- end -}}
{{- if and (eq .Values.security.mode "jwt") .Values.security.jwt.issuerUri -}}
{{- $jwt := dict "issuer-uri" .Values.security.jwt.issuerUri "audiences" .Values.security.jwt.audiences -}}
{{- $_ := set $spring "security" (dict "oauth2" (dict "resourceserver" (dict "jwt" $jwt))) -}}
{{- end -}}
{{- if include "ropewalk.tlsSecretName" . -}}
{{- $bundle := dict
      "reload-on-update" true
      "keystore" (dict "certificate" "file:/etc/ropewalk/tls/tls.crt" "private-key" "file:/etc/ropewalk/tls/tls.key") -}}
{{- if include "ropewalk.needsAuthorities" . }}{{ $_ := set $bundle "truststore" (dict "certificate" "file:/etc/ropewalk/tls/ca.crt") }}{{ end -}}
{{- $_ := set $spring "ssl" (dict "bundle" (dict "pem" (dict "ropewalk" $bundle))) -}}
{{- if .Values.tls.api -}}
{{- $_ := set $server "ssl" (dict "bundle" "ropewalk") -}}
{{- if eq .Values.security.mode "mtls" }}{{ $_ := set $server.ssl "client-auth" "need" }}{{ end -}}
{{- /* Else it would go along, and probes have no certificates. */ -}}
{{- $_ := set $management "ssl" (dict "enabled" false) -}}
{{- end -}}
{{- if .Values.tls.devices }}{{ $_ := set $ropewalk "nbd-client" (dict "ssl-bundle" "ropewalk") }}{{ end -}}
{{- if ne .Values.tls.nbd "OFF" -}}
{{- $_ := set $ropewalk.nbd "ssl-bundle" "ropewalk" -}}
{{- $_ := set $ropewalk.nbd "client-auth" .Values.tls.nbdClientAuth -}}
{{- end -}}
{{- end -}}
{{- $configuration := dict
      "server" $server
      "spring" $spring
      "management" (dict "server" $management)
      "ropewalk" $ropewalk -}}
{{- $logging := dict -}}
{{- if eq .Values.logging.format "ecs" }}{{ $_ := set $logging "structured" (dict "format" (dict "console" "ecs")) }}{{ end -}}
{{- with .Values.logging.levels -}}
{{- $levels := dict -}}
{{- range $logger, $level := . }}{{ $_ := set $levels (printf "[%s]" $logger) $level }}{{ end -}}
{{- $_ := set $logging "level" $levels -}}
{{- end -}}
{{- if $logging }}{{ $_ := set $configuration "logging" $logging }}{{ end -}}
{{- toYaml (mergeOverwrite $configuration (deepCopy .Values.config)) -}}
{{- end }}

{{/* Says no, in one sentence, to values that a schema cannot judge. */}}
{{- define "ropewalk.validate" -}}
{{- $daemonSet := eq .Values.workload.kind "DaemonSet" -}}
{{- /* Where there is a cluster to ask. */ -}}
{{- range $kind := ternary (list "StatefulSet" "DaemonSet") list (.Capabilities.APIVersions.Has "apps/v1/StatefulSet") -}}
{{- range $there := (lookup "apps/v1" $kind $.Release.Namespace "").items -}}
{{- $labels := $there.metadata.labels | default dict -}}
{{- $ours := and (eq (get $labels "app.kubernetes.io/part-of") "ropewalk") (eq (get $labels "app.kubernetes.io/instance") $.Release.Name) -}}
{{- if and $ours (or (ne $kind $.Values.workload.kind) (ne $there.metadata.name (include "ropewalk.fullname" $))) -}}
{{- fail (printf "%s %s of this release is there, and would run beside %s %s: two gateways on one disk. Delete it first." $kind $there.metadata.name $.Values.workload.kind (include "ropewalk.fullname" $)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.hostDevices.enabled (not $daemonSet) -}}
{{- fail "hostDevices.enabled needs workload.kind DaemonSet: a StatefulSet's pod may move to a node with other disks." -}}
{{- end -}}
{{- if and .Values.persistence.enabled .Values.persistence.existingClaim (or $daemonSet (gt (int .Values.workload.replicas) 1)) -}}
{{- fail "persistence.existingClaim is one data folder, which one gateway holds: set workload.kind StatefulSet and workload.replicas 1, or leave it empty." -}}
{{- end -}}
{{- if gt (add (int .Values.shutdownTimeoutSeconds) 25) (int .Values.terminationGracePeriodSeconds) -}}
{{- fail "terminationGracePeriodSeconds must be 25 s longer than shutdownTimeoutSeconds: NBD has its time after the API, and then the paths." -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs, the gateways that take the route." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts." -}}
{{- end -}}
{{- if and (or .Values.tls.api (ne .Values.tls.nbd "OFF")) (not (include "ropewalk.tlsSecretName" .)) -}}
{{- fail "tls.api and tls.nbd need a certificate: set tls.existingSecret or certificate.enabled." -}}
{{- end -}}
{{- if and .Values.tls.existingSecret .Values.certificate.enabled -}}
{{- fail "tls.existingSecret and certificate.enabled are two certificates: choose one." -}}
{{- end -}}
{{- if and .Values.certificate.enabled (not .Values.certificate.issuerRef.name) -}}
{{- fail "certificate.enabled needs certificate.issuerRef.name, the issuer that cert-manager asks." -}}
{{- end -}}
{{- if and .Values.tls.devices (not (include "ropewalk.tlsSecretName" .)) -}}
{{- fail "tls.devices needs a certificate and CAs: set tls.existingSecret or certificate.enabled." -}}
{{- end -}}
{{- if and (eq .Values.security.mode "mtls") (not (and .Values.tls.api .Values.security.certificates)) -}}
{{- fail "security.mode mtls knows callers by certificates: set tls.api, and security.certificates to their names and roles." -}}
{{- end -}}
{{- $issuer := dig "spring" "security" "oauth2" "resourceserver" "jwt" "" .Values.config -}}
{{- if and (eq .Values.security.mode "jwt") (not $issuer) (not (and .Values.security.jwt.issuerUri .Values.security.jwt.audiences)) -}}
{{- fail "security.mode jwt needs security.jwt.issuerUri, whose tokens are good, and security.jwt.audiences, for whom they are made." -}}
{{- end -}}
{{- if and .Values.scan.allow (not .Values.scan.patterns) -}}
{{- fail "scan.allow picks from what scan.patterns finds: set scan.patterns, too." -}}
{{- end -}}
{{- if and (ne .Values.tls.nbdClientAuth "NONE") (eq .Values.tls.nbd "OFF") -}}
{{- fail "tls.nbdClientAuth asks clients for certificates, which needs tls.nbd ALLOWED or REQUIRED." -}}
{{- end -}}
{{- if and (eq .Values.tls.nbdClientAuth "NEED") (eq .Values.tls.nbd "ALLOWED") -}}
{{- fail "tls.nbdClientAuth NEED needs tls.nbd REQUIRED: with ALLOWED, whoever does without TLS is asked for no certificate." -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "serviceMonitor.enabled and podMonitor.enabled together scrape everything twice: choose one." -}}
{{- end -}}
{{- $devices := dict -}}
{{- range .Values.devices -}}
{{- if hasKey $devices .name }}{{ fail (printf "Device %s is declared twice in devices." .name) }}{{ end -}}
{{- $_ := set $devices .name "" -}}
{{- end -}}
{{- $geoms := dict -}}
{{- range $geom := .Values.geoms -}}
{{- if hasKey $geoms $geom.name }}{{ fail (printf "Geom %s is declared twice in geoms." $geom.name) }}{{ end -}}
{{- $_ := set $geoms $geom.name true -}}
{{- range $geom.paths -}}
{{- if not (hasKey $devices .) }}{{ fail (printf "Geom %s has a path %s that is not in devices." $geom.name .) }}{{ end -}}
{{- with get $devices . }}{{ fail (printf "Geom %s takes a device that geom %s has already." $geom.name .) }}{{ end -}}
{{- $_ := set $devices . $geom.name -}}
{{- end -}}
{{- end -}}
{{- $blockDevices := dict -}}
{{- range .Values.blockDevices -}}
{{- if not (or .existingClaim .size) }}{{ fail (printf "Block device %s needs existingClaim, or size for a claim of its own." .name) }}{{ end -}}
{{- if and .existingClaim .size }}{{ fail (printf "Block device %s has existingClaim and size: a claim that is there has its size already." .name) }}{{ end -}}
{{- if or (hasKey $blockDevices .name) (has .name (list "data" "tmp" "config" "token" "tls" "host-dev")) }}{{ fail (printf "The name %s of a block device is taken." .name) }}{{ end -}}
{{- $_ := set $blockDevices .name true -}}
{{- end -}}
{{- end }}
