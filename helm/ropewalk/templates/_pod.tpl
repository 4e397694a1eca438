{{/* The pod of StatefulSet and DaemonSet alike. */}}
{{- define "ropewalk.podTemplate" -}}
{{- $fullname := include "ropewalk.fullname" . -}}
{{- $statefulSet := eq .Values.workload.kind "StatefulSet" -}}
metadata:
  # No versions here: an upgrade that changes nothing of the pod must not restart a storage gateway.
  labels:
    {{- include "ropewalk.selectorLabels" . | nindent 4 }}
    {{- with .Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A changed configuration is read at start only, so it starts a new pod.
    checksum/configuration: {{ include "ropewalk.configuration" . | sha256sum }}
    kubectl.kubernetes.io/default-container: ropewalk
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "ropewalk.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- if .Values.hostDevices.enabled }}
    {{- toYaml (mergeOverwrite (deepCopy .Values.podSecurityContext) (dict "runAsNonRoot" false "runAsUser" 0 "runAsGroup" 0)) | nindent 4 }}
    {{- else }}
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
    {{- end }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: ropewalk
      image: {{ include "ropewalk.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        {{- if .Values.hostDevices.enabled }}
        privileged: true
        readOnlyRootFilesystem: {{ .Values.containerSecurityContext.readOnlyRootFilesystem }}
        {{- else }}
        {{- toYaml .Values.containerSecurityContext | nindent 8 }}
        {{- end }}
      {{- if or .Values.jvmOptions .Values.extraEnv }}
      env:
        {{- with .Values.jvmOptions }}
        - name: JDK_JAVA_OPTIONS
          value: {{ . | quote }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      ports:
        - name: api
          containerPort: 8080
          protocol: TCP
        - name: nbd
          containerPort: 10809
          protocol: TCP
        - name: management
          containerPort: 9090
          protocol: TCP
      startupProbe:
        httpGet:
          path: /actuator/health/liveness
          port: management
        {{- toYaml .Values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet:
          path: /actuator/health/liveness
          port: management
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet:
          path: /actuator/health/readiness
          port: management
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - name: config
          mountPath: /etc/ropewalk/application.yaml
          subPath: application.yaml
          readOnly: true
        - name: data
          mountPath: /var/lib/ropewalk
        - name: tmp
          mountPath: /tmp
        {{- if eq .Values.security.mode "token" }}
        - name: token
          mountPath: /etc/ropewalk/secrets
          readOnly: true
        {{- end }}
        {{- if include "ropewalk.tlsSecretName" . }}
        - name: tls
          mountPath: /etc/ropewalk/tls
          readOnly: true
        {{- end }}
        {{- if .Values.hostDevices.enabled }}
        - name: host-dev
          mountPath: /dev
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.blockDevices }}
      volumeDevices:
        {{- range . }}
        - name: {{ .name }}
          devicePath: {{ .devicePath }}
        {{- end }}
      {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ $fullname }}
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- if not (and $statefulSet .Values.persistence.enabled) }}
    - name: data
      emptyDir: {}
    {{- else if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim }}
    {{- end }}
    {{- if eq .Values.security.mode "token" }}
    - name: token
      secret:
        secretName: {{ include "ropewalk.tokenSecretName" . }}
        defaultMode: 288 # 0440
        items:
          # The file's name is the property's name.
          - key: {{ include "ropewalk.tokenSecretKey" . }}
            path: ropewalk.security.token
    {{- end }}
    {{- with include "ropewalk.tlsSecretName" . }}
    - name: tls
      secret:
        secretName: {{ . }}
        defaultMode: 288 # 0440
    {{- end }}
    {{- if .Values.hostDevices.enabled }}
    - name: host-dev
      hostPath:
        path: /dev
        type: Directory
    {{- end }}
    {{- range .Values.blockDevices }}
    {{- if .existingClaim }}
    - name: {{ .name }}
      persistentVolumeClaim:
        claimName: {{ .existingClaim }}
    {{- else if not $statefulSet }}
    - name: {{ .name }}
      ephemeral:
        volumeClaimTemplate:
          spec:
            {{- include "ropewalk.blockClaimSpec" . | nindent 12 }}
    {{- end }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* A raw block claim. Argument: one entry of blockDevices. */}}
{{- define "ropewalk.blockClaimSpec" -}}
accessModes:
  - ReadWriteOnce
volumeMode: Block
{{- with .storageClassName }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end }}
