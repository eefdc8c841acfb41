{{- define "clickhouse.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "clickhouse.fullname" -}}
{{- $name := include "clickhouse.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What never changes, with the role: (list $ "broker") */}}
{{- define "clickhouse.selector" -}}
app.kubernetes.io/name: {{ include "clickhouse.name" (first .) }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- define "clickhouse.labels" -}}
{{ include "clickhouse.selector" . }}
app.kubernetes.io/version: {{ default (first .).Chart.AppVersion (first .).Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ (first .).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (first .).Chart.Name (first .).Chart.Version }}
{{- end }}

{{- define "clickhouse.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- define "clickhouse.serviceAccount" -}}
{{- default (include "clickhouse.fullname" .) .Values.serviceAccount.name -}}
{{- end }}

{{- define "clickhouse.authSecret" -}}
{{- default (printf "%s-auth" (include "clickhouse.fullname" .)) .Values.auth.existingSecret -}}
{{- end }}

{{- define "clickhouse.clusterSecret" -}}
{{ include "clickhouse.fullname" . }}-cluster
{{- end }}

{{/* Name of a shard's StatefulSet: (list $ 1) */}}
{{- define "clickhouse.shard" -}}
{{ include "clickhouse.fullname" (first .) }}-shard-{{ last . }}
{{- end }}

{{- define "clickhouse.serversDomain" -}}
{{ include "clickhouse.fullname" . }}-servers.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end }}

{{- define "clickhouse.keeperDomain" -}}
{{ include "clickhouse.fullname" . }}-keeper.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end }}

{{/* So many replicas a shard may ever have: all of them are named in remote_servers. */}}
{{- define "clickhouse.maxReplicas" -}}
{{ ternary .Values.autoscaling.maxReplicas .Values.replicas .Values.autoscaling.enabled }}
{{- end }}

{{/* Values that fit the schema and still can't work. */}}
{{- define "clickhouse.check" -}}
{{- if and (gt (int (include "clickhouse.maxReplicas" .)) 1) (not .Values.keeper.enabled) -}}
{{- fail "Replicas find each other through Keeper: set keeper.enabled, or replicas to 1 (and autoscaling.enabled to false)." -}}
{{- end -}}
{{- if and .Values.keeper.enabled (eq (mod (int .Values.keeper.replicas) 2) 0) -}}
{{- fail "keeper.replicas must be odd: an even number bears the loss of no more, and has more to lose." -}}
{{- end -}}
{{- if le (int .Values.terminationGracePeriodSeconds) (add 10 (int .Values.shutdownWaitSeconds)) -}}
{{- fail "terminationGracePeriodSeconds must be more than 10 s longer than shutdownWaitSeconds: otherwise a server that waits for its queries is killed." -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is larger than autoscaling.maxReplicas." -}}
{{- end -}}
{{- end }}

{{/* Files of config.d. */}}
{{- define "clickhouse.config" -}}
server.xml: |
  <clickhouse>
    <!-- A container is reached from outside, and its log is read from its output. -->
    <listen_host>::</listen_host>
    <listen_host>0.0.0.0</listen_host>
    <listen_try>1</listen_try>
    <logger>
      <level>information</level>
      <console>1</console>
      <log remove="1"/>
      <errorlog remove="1"/>
    </logger>
    <max_server_memory_usage_to_ram_ratio>{{ divf .Values.memoryPercent 100 }}</max_server_memory_usage_to_ram_ratio>
    <mark_cache_size>{{ int64 .Values.markCacheBytes }}</mark_cache_size>
    <compression>
      <case>
        <min_part_size>0</min_part_size>
        <min_part_size_ratio>0</min_part_size_ratio>
        <method>{{ .Values.compression }}</method>
      </case>
    </compression>
    <!-- The hook before the stop has waited for queries; this is for those that came in between. -->
    <shutdown_wait_unfinished_queries>1</shutdown_wait_unfinished_queries>
    <shutdown_wait_unfinished>5</shutdown_wait_unfinished>
    <macros>
      <cluster>{{ .Values.clusterName }}</cluster>
      <shard from_env="SHARD"/>
      <replica from_env="HOSTNAME"/>
    </macros>
    <remote_servers>
      <{{ .Values.clusterName }}>
        <secret from_env="CLUSTER_SECRET"/>
        {{- range $shard := untilStep 1 (int (add1 .Values.shards)) 1 }}
        <shard>
          <internal_replication>true</internal_replication>
          {{- range $replica := until (int (include "clickhouse.maxReplicas" $)) }}
          <replica>
            <host>{{ include "clickhouse.shard" (list $ $shard) }}-{{ $replica }}.{{ include "clickhouse.serversDomain" $ }}</host>
            <port>9000</port>
          </replica>
          {{- end }}
        </shard>
        {{- end }}
      </{{ .Values.clusterName }}>
    </remote_servers>
    {{- if .Values.keeper.enabled }}
    <interserver_http_host from_env="POD_HOST"/>
    <interserver_http_credentials>
      <user>interserver</user>
      <password from_env="CLUSTER_SECRET"/>
    </interserver_http_credentials>
    <zookeeper>
      {{- range $id := untilStep 1 (int (add1 .Values.keeper.replicas)) 1 }}
      <node>
        <host>{{ include "clickhouse.fullname" $ }}-keeper-{{ $id }}.{{ include "clickhouse.keeperDomain" $ }}</host>
        <port>9181</port>
      </node>
      {{- end }}
    </zookeeper>
    <distributed_ddl>
      <path>/clickhouse/task_queue/ddl</path>
    </distributed_ddl>
    <default_replica_path>/clickhouse/tables/{uuid}/{shard}</default_replica_path>
    <default_replica_name>{replica}</default_replica_name>
    {{- end }}
  </clickhouse>
{{- range $name, $text := .Values.configFiles }}
{{ $name }}: |
  {{- $text | nindent 2 }}
{{- end }}
{{- end }}

{{- define "clickhouse.scripts" -}}
ask.sh: |
  {{- .Files.Get "files/ask.sh" | nindent 2 }}
{{- end }}

{{/* Files of users.d. */}}
{{- define "clickhouse.users" -}}
users.xml: |
  <clickhouse>
    <users>
      {{- if ne .Values.auth.user "default" }}
      <default remove="1"/>
      {{- end }}
      <{{ .Values.auth.user }} replace="1">
        <password from_env="CLICKHOUSE_PASSWORD"/>
        <networks>
          <ip>::/0</ip>
        </networks>
        <profile>default</profile>
        <quota>default</quota>
        <access_management>1</access_management>
      </{{ .Values.auth.user }}>
    </users>
    {{- if .Values.keeper.enabled }}
    <profiles>
      <default>
        <!-- Replicas that the autoscaler has not made yet are named in remote_servers too: nobody waits for them for long. -->
        <distributed_ddl_task_timeout>30</distributed_ddl_task_timeout>
        <distributed_ddl_output_mode>null_status_on_timeout</distributed_ddl_output_mode>
      </default>
    </profiles>
    {{- end }}
  </clickhouse>
{{- range $name, $text := .Values.usersFiles }}
{{ $name }}: |
  {{- $text | nindent 2 }}
{{- end }}
{{- end }}

{{- define "clickhouse.keeperConfig" -}}
keeper.xml: |
  <clickhouse>
    <listen_host>::</listen_host>
    <listen_host>0.0.0.0</listen_host>
    <listen_try>1</listen_try>
    <logger>
      <level>information</level>
      <console>1</console>
    </logger>
    <path>/var/lib/clickhouse/</path>
    <keeper_server>
      <tcp_port>9181</tcp_port>
      <server_id from_env="KEEPER_ID"/>
      <log_storage_path>/var/lib/clickhouse/coordination/log</log_storage_path>
      <snapshot_storage_path>/var/lib/clickhouse/coordination/snapshots</snapshot_storage_path>
      <coordination_settings>
        <operation_timeout_ms>10000</operation_timeout_ms>
        <session_timeout_ms>30000</session_timeout_ms>
        <raft_logs_level>information</raft_logs_level>
      </coordination_settings>
      <four_letter_word_white_list>ruok,mntr,srvr,stat,isro</four_letter_word_white_list>
      <http_control>
        <port>9182</port>
        <readiness>
          <endpoint>/ready</endpoint>
        </readiness>
      </http_control>
      <raft_configuration>
        {{- range $id := untilStep 1 (int (add1 .Values.keeper.replicas)) 1 }}
        <server>
          <id>{{ $id }}</id>
          <hostname>{{ include "clickhouse.fullname" $ }}-keeper-{{ $id }}.{{ include "clickhouse.keeperDomain" $ }}</hostname>
          <port>9234</port>
        </server>
        {{- end }}
      </raft_configuration>
    </keeper_server>
  </clickhouse>
{{- end }}

{{- define "clickhouse.podSecurity" -}}
runAsNonRoot: true
runAsUser: 101
runAsGroup: 101
fsGroup: 101
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "clickhouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* How the pods of a set spread: the labels that they have in common. */}}
{{- define "clickhouse.spread" -}}
- maxSkew: 1
  topologyKey: {{ (first .).Values.topologySpread.topologyKey }}
  whenUnsatisfiable: {{ (first .).Values.topologySpread.whenUnsatisfiable }}
  labelSelector:
    matchLabels:
      {{- last . | nindent 6 }}
{{- end }}

{{- define "clickhouse.claim" -}}
metadata:
  name: data
  labels:
    {{- last . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with (first .).storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests: { storage: {{ (first .).size }} }
{{- end }}

{{- define "clickhouse.passwordEnv" -}}
- { name: CLICKHOUSE_USER, value: {{ .Values.auth.user }} }
- name: CLICKHOUSE_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ include "clickhouse.authSecret" . }}, key: password }
{{- end }}

{{/* The StatefulSet of a shard: (list $ 1) */}}
{{- define "clickhouse.server" -}}
{{- $ := first . -}}
{{- $shard := last . -}}
{{- $selector := printf "%s\nfaultline.dev/shard: '%d'" (include "clickhouse.selector" (list $ "server")) $shard -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "clickhouse.shard" . }}
  labels:
    {{- include "clickhouse.labels" (list $ "server") | nindent 4 }}
    faultline.dev/shard: '{{ $shard }}'
spec:
  serviceName: {{ include "clickhouse.fullname" $ }}-servers
  {{- if not $.Values.autoscaling.enabled }}
  replicas: {{ $.Values.replicas }}
  {{- end }}
  podManagementPolicy: Parallel
  persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "clickhouse.labels" (list $ "server") | nindent 8 }}
        # The replica is the number of the pod: Kubernetes' own label apps.kubernetes.io/pod-index.
        faultline.dev/shard: '{{ $shard }}'
        {{- with $.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "clickhouse.config" $ | sha256sum }}
        checksum/users: {{ include "clickhouse.users" $ | sha256sum }}
        {{- with $.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "clickhouse.serviceAccount" $ }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $.Values.terminationGracePeriodSeconds }}
      {{- with $.Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "clickhouse.podSecurity" $ | nindent 8 }}
      {{- if $.Values.topologySpread.enabled }}
      # Replicas of one shard on nodes of their own; shards may share a node.
      topologySpreadConstraints:
        {{- include "clickhouse.spread" (list $ $selector) | nindent 8 }}
      {{- end }}
      {{- with $.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: clickhouse
          image: {{ $.Values.image.repository }}:{{ default $.Chart.AppVersion $.Values.image.tag }}
          imagePullPolicy: {{ $.Values.image.pullPolicy }}
          env:
            {{- include "clickhouse.passwordEnv" $ | nindent 12 }}
            # The user comes from users.d: the entry point would write into the image.
            - { name: CLICKHOUSE_SKIP_USER_SETUP, value: '1' }
            {{- with $.Values.database }}
            - { name: CLICKHOUSE_DB, value: {{ . }} }
            {{- end }}
            - { name: SHARD, value: '{{ $shard }}' }
            - name: POD_NAME
              valueFrom: { fieldRef: { fieldPath: metadata.name } }
            - { name: POD_HOST, value: '$(POD_NAME).{{ include "clickhouse.serversDomain" $ }}' }
            - name: CLUSTER_SECRET
              valueFrom:
                secretKeyRef: { name: {{ include "clickhouse.clusterSecret" $ }}, key: secret }
          ports:
            - { name: http, containerPort: 8123 }
            - { name: tcp, containerPort: 9000 }
            - { name: interserver, containerPort: 9009 }
          securityContext:
            {{- include "clickhouse.containerSecurity" $ | nindent 12 }}
          resources:
            {{- toYaml $.Values.resources | nindent 12 }}
          startupProbe:
            httpGet: { path: /ping, port: http }
            timeoutSeconds: 3
            {{- toYaml $.Values.startupProbe | nindent 12 }}
          readinessProbe:
            # With Keeper a replica that lags behind is not ready.
            httpGet: { path: {{ ternary "/replicas_status" "/ping" $.Values.keeper.enabled }}, port: http }
            timeoutSeconds: 3
            {{- toYaml $.Values.readinessProbe | nindent 12 }}
          livenessProbe:
            httpGet: { path: /ping, port: http }
            timeoutSeconds: 5
            {{- toYaml $.Values.livenessProbe | nindent 12 }}
          lifecycle:
            preStop:
              exec:
                # The service needs a moment to lead elsewhere; then until the last query is done, this one aside.
                command:
                  - bash
                  - -c
                  - |
                    sleep 3
                    end=$((SECONDS + {{ $.Values.shutdownWaitSeconds }}))
                    until [ "$(timeout 5 bash /etc/clickhouse-chart/ask.sh 127.0.0.1 'SELECT count() FROM system.processes')" = 1 ]; do
                      [ $SECONDS -lt $end ] || break
                      sleep 0.5
                    done
          volumeMounts:
            - { name: data, mountPath: /var/lib/clickhouse }
            - { name: config, mountPath: /etc/clickhouse-server/config.d }
            - { name: users, mountPath: /etc/clickhouse-server/users.d }
            - { name: scripts, mountPath: /etc/clickhouse-chart }
            - { name: log, mountPath: /var/log/clickhouse-server }
            - { name: tmp, mountPath: /tmp }
      volumes:
        - name: config
          configMap: { name: {{ include "clickhouse.fullname" $ }}-config }
        - name: users
          configMap: { name: {{ include "clickhouse.fullname" $ }}-users }
        - name: scripts
          configMap: { name: {{ include "clickhouse.fullname" $ }}-scripts }
        - name: log
          emptyDir: {}
        - name: tmp
          emptyDir: {}
        {{- if not $.Values.persistence.enabled }}
        - name: data
          emptyDir: {}
        {{- end }}
  {{- if $.Values.persistence.enabled }}
  volumeClaimTemplates:
    -
      {{- include "clickhouse.claim" (list $.Values.persistence $selector) | nindent 6 }}
  {{- end }}
{{- end }}

{{/* Who may come in. */}}
{{- define "clickhouse.peers" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ include "clickhouse.name" . }}
      app.kubernetes.io/instance: {{ .Release.Name }}
{{- if .Values.networkPolicy.allowNamespace }}
- podSelector: {}
{{- else }}
- podSelector:
    matchLabels: { {{ include "clickhouse.fullname" . }}-client: 'true' }
{{- end }}
{{- with .Values.networkPolicy.from }}
{{ toYaml . }}
{{- end }}
{{- end }}
