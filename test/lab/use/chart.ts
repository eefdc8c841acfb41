/** A chart that is ready in a second, and can be made to hang in every way that a deploy tells of. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: "1.36"\n',
  'values.yaml':
    'replicas: 1\nimage: docker.io/library/busybox:1.36\ntext: hello\nready: true\nmemory: 16Mi\nhookSeconds: 0\ncrash: false\nstorage: ""\ntier: web\n',
  'values-dev.yaml': 'text: development\n',
  'values.schema.json':
    '{"$schema": "https://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false, "properties": {"replicas": {"type": "integer"}, "image": {"type": "string"}, "text": {"type": "string"}, "ready": {"type": "boolean"}, "memory": {"type": "string"}, "password": {"type": "string"}, "hookSeconds": {"type": "integer"}, "crash": {"type": "boolean"}, "storage": {"type": "string"}, "tier": {"type": "string"}, "global": {"type": "object"}}}',
  'templates/web.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-page
data:
  index.html: {{ .Values.text | quote }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-password
stringData:
  password: {{ .Values.password | default "none" | quote }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}, tier: {{ .Values.tier }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}, tier: {{ .Values.tier }}}
      annotations:
        checksum/page: {{ .Values.text | sha256sum }}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: {{ .Values.image }}
          imagePullPolicy: IfNotPresent
          command: [sh, -c, "{{ if .Values.crash }}echo no such catalog; exit 7{{ else }}exec httpd -f -p 8080 -h /www{{ end }}"]
          resources: {requests: {memory: {{ .Values.memory | quote }}}}
          readinessProbe:
            httpGet: {port: 8080, path: {{ if .Values.ready }}/index.html{{ else }}/missing{{ end }}}
            periodSeconds: 1
          volumeMounts: [{name: page, mountPath: /www}]
      volumes:
        - name: page
          configMap: {name: {{ .Release.Name }}-page}
`,
  'templates/store.yaml': `{{- if .Values.storage }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .Release.Name }}-store
spec:
  serviceName: {{ .Release.Name }}
  selector:
    matchLabels: {store: {{ .Release.Name }}}
  template:
    metadata:
      labels: {store: {{ .Release.Name }}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: store
          image: docker.io/library/busybox:1.36
          imagePullPolicy: IfNotPresent
          command: [sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: {{ .Values.storage }}}}
{{- end }}
`,
  'templates/before.yaml': `{{- if .Values.hookSeconds }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-before
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
        - name: before
          image: docker.io/library/busybox:1.36
          imagePullPolicy: IfNotPresent
          command: [sh, -c, "sleep {{ .Values.hookSeconds }}"]
{{- end }}
`,
  'templates/tests/test.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: before-hook-creation}
spec:
  restartPolicy: Never
  containers:
    - name: test
      image: docker.io/library/busybox:1.36
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "wget -qO- http://{{ .Release.Name }}/ | grep {{ .Values.text }}"]
`,
};

/** Path of the chart, made in `folder`. */
export function smallChart(folder: string): string {
  const chart = join(folder, 'web');
  mkdirSync(join(chart, 'templates', 'tests'), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(chart, name), text);
  return chart;
}
