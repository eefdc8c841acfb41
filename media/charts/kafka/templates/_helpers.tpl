{{- define "kafka.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "kafka.fullname" -}}
{{- $name := include "kafka.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What never changes, with the role: (list $ "broker") */}}
{{- define "kafka.selector" -}}
app.kubernetes.io/name: {{ include "kafka.name" (first .) }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- define "kafka.labels" -}}
{{ include "kafka.selector" . }}
app.kubernetes.io/version: {{ default (first .).Chart.AppVersion (first .).Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ (first .).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (first .).Chart.Name (first .).Chart.Version }}
{{- end }}

{{- define "kafka.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- define "kafka.serviceAccount" -}}
{{- default (include "kafka.fullname" .) .Values.serviceAccount.name -}}
{{- end }}

{{- define "kafka.usersSecret" -}}
{{- default (printf "%s-users" (include "kafka.fullname" .)) .Values.listeners.sasl.existingSecret -}}
{{- end }}

{{- define "kafka.domain" -}}
{{ include "kafka.fullname" . }}-brokers.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end }}

{{/* 16 letters as base64: the form of Kafka's ids. */}}
{{- define "kafka.clusterId" -}}
{{- default (printf "%s/%s" .Release.Namespace (include "kafka.fullname" .) | sha256sum | trunc 16 | b64enc | trimSuffix "==") .Values.clusterId -}}
{{- end }}

{{/* Values that fit the schema and still can't work. */}}
{{- define "kafka.check" -}}
{{- if gt (int .Values.replicationFactor) (int .Values.brokers) -}}
{{- fail (printf "replicationFactor is %v with %v brokers: a replica needs a broker of its own." .Values.replicationFactor .Values.brokers) -}}
{{- end -}}
{{- if gt (int .Values.controllers) (int .Values.brokers) -}}
{{- fail "controllers is larger than brokers: controllers are the first brokers." -}}
{{- end -}}
{{- if and (gt (int .Values.replicationFactor) 1) (ge (int .Values.minInsyncReplicas) (int .Values.replicationFactor)) -}}
{{- fail "minInsyncReplicas must be less than replicationFactor: otherwise every restart of a broker stops all writes with acks=all." -}}
{{- end -}}
{{- if gt (int .Values.minInsyncReplicas) (int .Values.replicationFactor) -}}
{{- fail "minInsyncReplicas is larger than replicationFactor: no write with acks=all would ever be confirmed." -}}
{{- end -}}
{{- range $name, $topic := .Values.topics -}}
{{- if gt (int (default 1 $topic.replicationFactor)) (int $.Values.brokers) -}}
{{- fail (printf "topics.%s.replicationFactor is larger than brokers." $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.listeners.sasl.enabled (empty .Values.listeners.sasl.existingSecret) (empty .Values.listeners.sasl.users) -}}
{{- fail "The SASL listener has no users: set listeners.sasl.users or listeners.sasl.existingSecret." -}}
{{- end -}}
{{- end }}

{{- define "kafka.properties" -}}
{{- $quorum := list -}}
{{- range $id := until (int .Values.controllers) -}}
{{- $quorum = append $quorum (printf "%d@%s-%d.%s:9093" $id (include "kafka.fullname" $) $id (include "kafka.domain" $)) -}}
{{- end -}}
{{- $own := dict
  "controller.quorum.voters" (join "," $quorum)
  "controller.listener.names" "CONTROLLER"
  "listener.security.protocol.map" "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,INTERNAL:PLAINTEXT,SASL:SASL_PLAINTEXT"
  "inter.broker.listener.name" "BROKER"
  "log.dirs" "/var/lib/kafka/data/log"
  "auto.create.topics.enable" "false"
  "controlled.shutdown.enable" "true"
  "default.replication.factor" (toString .Values.replicationFactor)
  "min.insync.replicas" (toString .Values.minInsyncReplicas)
  "offsets.topic.replication.factor" (toString .Values.replicationFactor)
  "transaction.state.log.replication.factor" (toString .Values.replicationFactor)
  "transaction.state.log.min.isr" (toString .Values.minInsyncReplicas)
  "share.coordinator.state.topic.replication.factor" (toString .Values.replicationFactor)
  "share.coordinator.state.topic.min.isr" (toString .Values.minInsyncReplicas) -}}
{{- if .Values.listeners.sasl.enabled -}}
{{- $_ := set $own "listener.name.sasl.sasl.enabled.mechanisms" "SCRAM-SHA-512" -}}
{{- $_ := set $own "listener.name.sasl.scram-sha-512.sasl.jaas.config" "org.apache.kafka.common.security.scram.ScramLoginModule required;" -}}
{{- end -}}
{{- range $key, $value := .Values.config -}}
{{- $_ := set $own $key (ternary (printf "%.0f" $value) (toString $value) (kindIs "float64" $value)) -}}
{{- end -}}
{{- range $key, $value := $own }}
{{ $key }}={{ $value }}
{{- end }}
{{- end }}

{{/* Restarts brokers when it changes. */}}
{{- define "kafka.brokerSettings" -}}
server.properties: |
  {{- include "kafka.properties" . | nindent 2 }}
{{- range $file := list "start.sh" "probe.sh" "log4j2.yaml" }}
{{ $file }}: |
  {{- $.Files.Get (printf "files/%s" $file) | nindent 2 }}
{{- end }}
{{- end }}

{{/* Does not. */}}
{{- define "kafka.setupSettings" -}}
topics: |
  {{- range $name, $topic := .Values.topics }}
  {{ $name }} {{ $topic.partitions }} {{ default $.Values.replicationFactor $topic.replicationFactor }}{{ range $key, $value := $topic.config }} {{ $key }}={{ $value }}{{ end }}
  {{- end }}
{{- range $file := list "topics.sh" "users.sh" }}
{{ $file }}: |
  {{- $.Files.Get (printf "files/%s" $file) | nindent 2 }}
{{- end }}
{{- end }}

{{- define "kafka.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "kafka.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What the jobs and tests have in common: a pod that runs a script of the image's tools once. */}}
{{- define "kafka.toolPod" -}}
restartPolicy: Never
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "kafka.podSecurity" . | nindent 2 }}
{{- end }}

{{- define "kafka.toolEnv" -}}
- { name: BOOTSTRAP, value: '{{ include "kafka.fullname" . }}:{{ .Values.listeners.internal.port }}' }
- { name: KAFKA_HEAP_OPTS, value: '-Xmx128m' }
- { name: KAFKA_JVM_PERFORMANCE_OPTS, value: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1' }
- { name: LOG_DIR, value: /tmp }
{{- end }}

{{- define "kafka.toolResources" -}}
requests: { cpu: 50m, memory: 128Mi }
limits: { memory: 384Mi }
{{- end }}

{{/* Who may come in. */}}
{{- define "kafka.peers" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ include "kafka.name" . }}
      app.kubernetes.io/instance: {{ .Release.Name }}
{{- if .Values.networkPolicy.allowNamespace }}
- podSelector: {}
{{- else }}
- podSelector:
    matchLabels: { {{ include "kafka.fullname" . }}-client: 'true' }
{{- end }}
{{- end }}
