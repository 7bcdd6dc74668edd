{{- define "annod.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{- /* annod.json of a writer. */ -}}
{{- define "annod.config" -}}
{{- $config := dict "data_dir" "/data" "listen" "0.0.0.0:7077" "http_listen" "0.0.0.0:9077" -}}
{{- if .Values.tls.enabled -}}
{{- $config = merge $config (dict "tls_certificate" "/etc/annod/tls/tls.crt" "tls_key" "/etc/annod/tls/tls.key") -}}
{{- $config = merge $config (dict "tls_client_ca" "/etc/annod/tls/ca.crt" "tls_client_auth" "require" "http_tls" true) -}}
{{- $config = merge $config (dict "access_file" "/etc/annod/access/access.json") -}}
{{- else -}}
{{- $config = merge $config (dict "insecure" true) -}}
{{- end -}}
{{- merge (dict) .Values.config $config | toPrettyJson -}}
{{- end -}}

{{- /* annod.json of a replica. */ -}}
{{- define "annod.replicaConfig" -}}
{{- $follow := .Values.replicas.follow | default (printf "grpc://annod.%s.svc:7077" .Release.Namespace) -}}
{{- $config := dict "data_dir" "/data" "listen" "0.0.0.0:7077" "http_listen" "0.0.0.0:9077" "insecure" true -}}
{{- $config = merge $config (dict "follow" $follow "follow_interval" .Values.replicas.followInterval) -}}
{{- merge (dict) .Values.replicas.config $config | toPrettyJson -}}
{{- end -}}

{{- /* The pod of `app`: root, app, labels, config, resources, tls, policy (fsGroupChangePolicy), data (a volume; none: claimed). */ -}}
{{- define "annod.pod" -}}
{{- $root := .root -}}
metadata:
  annotations:
    # Another configuration restarts the pods.
    checksum/config: {{ .config | sha256sum }}
  labels:
    {{- toYaml .labels | nindent 4 }}
spec:
  serviceAccountName: {{ .app }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # More than drain_delay and drain_timeout together.
  terminationGracePeriodSeconds: 30
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    {{- with .policy }}
    fsGroupChangePolicy: {{ . }}
    {{- end }}
    seccompProfile:
      type: RuntimeDefault
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          app.kubernetes.io/name: {{ $.app }}
    {{- end }}
  containers:
    - name: annod
      image: {{ include "annod.image" $root }}
      imagePullPolicy: IfNotPresent
      command: ["annod"]
      args: ["--config=/etc/annod/config/annod.json"]
      ports:
        - name: grpc
          containerPort: 7077
          protocol: TCP
        - name: http
          containerPort: 9077
          protocol: TCP
      # Up to five minutes for the supervisor to answer; then the others count.
      startupProbe:
        httpGet:
          {{- include "annod.probe" (dict "path" "/livez" "tls" .tls) | nindent 10 }}
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 150
      readinessProbe:
        httpGet:
          {{- include "annod.probe" (dict "path" "/readyz" "tls" .tls) | nindent 10 }}
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      # annod restarts its own workers; the kubelet is the last resort.
      livenessProbe:
        httpGet:
          {{- include "annod.probe" (dict "path" "/livez" "tls" .tls) | nindent 10 }}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      resources:
        {{- toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: ["ALL"]
      volumeMounts:
        {{- if .tls }}
        - name: tls
          mountPath: /etc/annod/tls
          readOnly: true
        - name: access
          mountPath: /etc/annod/access
          readOnly: true
        {{- end }}
        - name: config
          mountPath: /etc/annod/config
          readOnly: true
        - name: data
          mountPath: /data
  volumes:
    {{- if .tls }}
    - name: tls
      secret:
        secretName: {{ $root.Values.tls.secret }}
        defaultMode: 0440
    - name: access
      secret:
        secretName: {{ $root.Values.tls.accessSecret }}
        defaultMode: 0440
    {{- end }}
    - name: config
      configMap:
        name: {{ .app }}-config
    {{- with .data }}
    - name: data
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end -}}

{{- define "annod.probe" -}}
path: {{ .path }}
port: http
{{- if .tls }}
scheme: HTTPS
{{- end }}
{{- end -}}

{{- /* What each of the programs that serve has: an account, a budget, two services. */ -}}
{{- define "annod.surroundings" -}}
{{- $app := .app -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $protocol := ternary "tls" "kubernetes.io/h2c" .tls -}}
# annod asks nothing of the API server: no token.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $app }}
  namespace: {{ $namespace }}
  labels:
    app.kubernetes.io/name: {{ $app }}
automountServiceAccountToken: false
---
# A node may be drained, one pod at a time.
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $app }}
  namespace: {{ $namespace }}
  labels:
    app.kubernetes.io/name: {{ $app }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ $app }}
{{- /* One for proxies and clients of few connections; a headless one for round_robin. */}}
{{- range $name, $headless := dict .service false (printf "%s-headless" .service) true }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels:
    app.kubernetes.io/name: {{ $app }}
spec:
  type: ClusterIP
  {{- if $headless }}
  clusterIP: None
  {{- end }}
  selector:
    app.kubernetes.io/name: {{ $app }}
  ports:
    - name: grpc
      port: 7077
      targetPort: grpc
      protocol: TCP
      appProtocol: {{ $protocol }}
{{- end }}
---
# In: gRPC from clients, in any namespace; metrics from where Prometheus is. The kubelet's
# probes are not subject to it.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $app }}
  namespace: {{ $namespace }}
  labels:
    app.kubernetes.io/name: {{ $app }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ $app }}
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - namespaceSelector: {}
          podSelector:
            {{- toYaml .root.Values.clients | nindent 12 }}
      ports:
        - protocol: TCP
          port: grpc
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: {{ .root.Values.monitoringNamespace }}
      ports:
        - protocol: TCP
          port: http
  egress:
    {{- toYaml .egress | nindent 4 }}
{{- end -}}
