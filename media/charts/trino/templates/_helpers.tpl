{{- define "trino.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "trino.fullname" -}}
{{- $name := include "trino.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What never changes, with the role: (list $ "worker") */}}
{{- define "trino.selector" -}}
app.kubernetes.io/name: {{ include "trino.name" (first .) }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- define "trino.labels" -}}
{{ include "trino.selector" . }}
app.kubernetes.io/version: {{ default (first .).Chart.AppVersion (first .).Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ (first .).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (first .).Chart.Name (first .).Chart.Version }}
{{- end }}

{{- define "trino.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- define "trino.serviceAccount" -}}
{{- default (include "trino.fullname" .) .Values.serviceAccount.name -}}
{{- end }}

{{- define "trino.internalSecret" -}}
{{- default (printf "%s-internal" (include "trino.fullname" .)) .Values.internalSecret.existingSecret -}}
{{- end }}

{{- define "trino.hasWorkers" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.worker.replicas) 0) -}}true{{- end -}}
{{- end }}

{{/* Values that fit the schema and still can't work. */}}
{{- define "trino.check" -}}
{{- $worker := .Values.worker -}}
{{- if and $worker.gracefulShutdown.enabled (lt (int $worker.terminationGracePeriodSeconds) (mul 2 (int $worker.gracefulShutdown.gracePeriodSeconds))) -}}
{{- fail "worker.terminationGracePeriodSeconds is shorter than twice worker.gracefulShutdown.gracePeriodSeconds: Kubernetes would kill every worker that drains." -}}
{{- end -}}
{{- if and (not (include "trino.hasWorkers" .)) (not .Values.coordinator.includeInScheduling) -}}
{{- fail "Without workers no query runs: set worker.replicas, or coordinator.includeInScheduling to true." -}}
{{- end -}}
{{- if and (eq .Values.faultTolerance.retryPolicy "TASK") (empty .Values.faultTolerance.exchange.baseDirectories) -}}
{{- fail "faultTolerance.retryPolicy TASK keeps results between tasks in a store: set faultTolerance.exchange.baseDirectories." -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is larger than autoscaling.maxReplicas." -}}
{{- end -}}
{{- end }}

{{/* Files of /etc/trino but for the catalogs: (list $ "worker") */}}
{{- define "trino.settings" -}}
{{- $ := first . -}}
{{- $role := last . -}}
{{- $server := get $.Values $role -}}
{{- $coordinator := eq $role "coordinator" -}}
config.properties: |
  coordinator={{ $coordinator }}
  {{- if $coordinator }}
  node-scheduler.include-coordinator={{ $server.includeInScheduling }}
  {{- end }}
  http-server.http.port=8080
  discovery.uri=http://{{ include "trino.fullname" $ }}:{{ $.Values.service.port }}
  internal-communication.shared-secret=${ENV:INTERNAL_SHARED_SECRET}
  query.max-memory={{ $.Values.query.maxMemory }}
  query.max-memory-per-node={{ $server.maxMemoryPerNode }}
  memory.heap-headroom-per-node={{ $server.heapHeadroom }}
  {{- if $.Values.spill.enabled }}
  spill-enabled=true
  spiller-spill-path=/data/spill
  max-spill-per-node={{ $.Values.spill.maxPerNode }}
  query-max-spill-per-node={{ $.Values.spill.queryMaxPerNode }}
  {{- end }}
  {{- if ne $.Values.faultTolerance.retryPolicy "NONE" }}
  retry-policy={{ $.Values.faultTolerance.retryPolicy }}
  {{- if eq $.Values.faultTolerance.retryPolicy "TASK" }}
  fault-tolerant-execution-task-memory={{ $.Values.faultTolerance.taskMemory }}
  {{- end }}
  {{- end }}
  {{- if and (not $coordinator) $server.gracefulShutdown.enabled }}
  shutdown.grace-period={{ $server.gracefulShutdown.gracePeriodSeconds }}s
  {{- end }}
  {{- range $key, $value := $server.config }}
  {{ $key }}={{ $value }}
  {{- end }}
node.properties: |
  node.environment={{ $.Values.environment }}
  node.data-dir=/data/trino
  plugin.dir=/usr/lib/trino/plugin
log.properties: |
  io.trino=INFO
jvm.config: |
  -server
  -Xmx{{ $server.heap }}
  -XX:+ExplicitGCInvokesConcurrent
  -XX:+ExitOnOutOfMemoryError
  -XX:-OmitStackTraceInFastThrow
  -XX:PerMethodRecompilationCutoff=10000
  -XX:PerBytecodeRecompilationCutoff=10000
  -Djdk.attach.allowAttachSelf=true
  -Djdk.nio.maxCachedBufferSize=2000000
  -Dfile.encoding=UTF-8
  -XX:+EnableDynamicAgentLoading
  --add-modules=jdk.incubator.vector
  {{- range $server.jvmOptions }}
  {{ . }}
  {{- end }}
{{- if $.Values.faultTolerance.exchange.baseDirectories }}
exchange-manager.properties: |
  exchange-manager.name=filesystem
  exchange.base-directories={{ join "," $.Values.faultTolerance.exchange.baseDirectories }}
  {{- range $key, $value := $.Values.faultTolerance.exchange.properties }}
  {{ $key }}={{ $value }}
  {{- end }}
{{- end }}
{{- if and (not $coordinator) $server.gracefulShutdown.enabled }}
access-control.properties: |
  access-control.name=file
  security.config-file=/etc/trino/rules.json
rules.json: |
  {{ dict "system_information" (list (dict "user" $server.gracefulShutdown.user "allow" (list "read" "write")) (dict "allow" (list "read"))) | toJson }}
{{- end }}
{{- end }}

{{/* The pod of a role: (list $ "worker") */}}
{{- define "trino.pod" -}}
{{- $ := first . -}}
{{- $role := last . -}}
{{- $server := get $.Values $role -}}
metadata:
  labels:
    {{- include "trino.labels" . | nindent 4 }}
    {{- with $.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/settings: {{ include "trino.settings" . | sha256sum }}
    checksum/catalogs: {{ toYaml $.Values.catalogs | sha256sum }}
    {{- with $.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "trino.serviceAccount" $ }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $server.terminationGracePeriodSeconds }}
  {{- with $server.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    seccompProfile: { type: RuntimeDefault }
  {{- if $.Values.topologySpread.enabled }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ $.Values.topologySpread.topologyKey }}
      whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
      # Pods of an older revision don't count: they leave.
      matchLabelKeys: [pod-template-hash]
      labelSelector:
        matchLabels:
          {{- include "trino.selector" . | nindent 10 }}
  {{- end }}
  {{- with $server.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $server.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: trino-{{ $role }}
      image: {{ include "trino.image" $ }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      env:
        - name: CATALOG_MANAGEMENT
          value: static
        - name: INTERNAL_SHARED_SECRET
          valueFrom:
            secretKeyRef:
              name: {{ include "trino.internalSecret" $ }}
              key: {{ $.Values.internalSecret.key }}
      {{- with $.Values.secretEnv }}
      envFrom:
        {{- range . }}
        - secretRef: { name: {{ . }} }
        {{- end }}
      {{- end }}
      ports:
        - { name: http, containerPort: 8080 }
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      resources:
        {{- toYaml $server.resources | nindent 8 }}
      # "starting": false in /v1/info: it listens long before it serves.
      startupProbe:
        exec: { command: [/usr/lib/trino/bin/health-check] }
        timeoutSeconds: 6
        {{- toYaml $.Values.startupProbe | nindent 8 }}
      # A server that drains or leaves is not ready, whoever asked it to.
      readinessProbe:
        exec: { command: [bash, -c, 'test "$(curl -fsS -m 4 http://localhost:8080/v1/info/state)" = ''"ACTIVE"'''] }
        timeoutSeconds: 5
        {{- toYaml $.Values.readinessProbe | nindent 8 }}
      livenessProbe:
        httpGet: { path: /v1/info, port: http }
        timeoutSeconds: 5
        {{- toYaml $.Values.livenessProbe | nindent 8 }}
      {{- if and (eq $role "worker") $server.gracefulShutdown.enabled }}
      lifecycle:
        preStop:
          exec:
            # Ends with the server, when its last task is done. One that has not started yet has nothing to wait for.
            command:
              - bash
              - -c
              - |
                curl -fsS -m 10 -X PUT -H 'Content-Type: application/json' -H 'X-Trino-User: {{ $server.gracefulShutdown.user }}' -d '"SHUTTING_DOWN"' http://localhost:8080/v1/info/state || exit 0
                while kill -0 1; do sleep 0.5; done
      {{- end }}
      volumeMounts:
        - { name: settings, mountPath: /etc/trino }
        - { name: data, mountPath: /data/trino }
        - { name: tmp, mountPath: /tmp }
        {{- if $.Values.spill.enabled }}
        - { name: spill, mountPath: /data/spill }
        {{- end }}
  volumes:
    - name: settings
      projected:
        sources:
          - configMap: { name: {{ include "trino.fullname" $ }}-{{ $role }} }
          - configMap:
              name: {{ include "trino.fullname" $ }}-catalogs
              items:
                {{- range $catalog, $properties := $.Values.catalogs }}
                - { key: {{ $catalog }}.properties, path: catalog/{{ $catalog }}.properties }
                {{- end }}
    - name: data
      emptyDir: {}
    - name: tmp
      emptyDir: {}
    {{- if $.Values.spill.enabled }}
    - name: spill
      emptyDir: { sizeLimit: {{ $.Values.spill.volumeSize }} }
    {{- end }}
{{- end }}

{{/* Where nodes may go. */}}
{{- define "trino.egress" -}}
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
- to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: {{ include "trino.name" . }}
          app.kubernetes.io/instance: {{ .Release.Name }}
  ports: [{ port: 8080 }, { port: {{ .Values.service.port }} }]
{{- with .Values.networkPolicy.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}
