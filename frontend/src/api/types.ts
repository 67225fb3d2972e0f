import type { components, paths } from './schema';

/**
 * The resources by the names the pages use, taken from the generated paths: when an answer changes its shape, the
 * pages, the tests and the mock API stop compiling.
 */
type Method = 'get' | 'post' | 'put' | 'patch';
type Ok<R> = R extends { responses: infer S }
  ? S extends { 200: { content: { 'application/json': infer B } } }
    ? B
    : S extends { 201: { content: { 'application/json': infer B } } }
      ? B
      : never
  : never;

/** What a call answers with. */
export type Answer<P extends keyof paths, M extends Method = 'get'> = M extends keyof paths[P]
  ? Ok<paths[P][M]>
  : never;

/** What a call is sent. */
export type Input<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? paths[P][M] extends { requestBody?: { content: { 'application/json': infer B } } }
    ? B
    : never
  : never;

/** One element of a list. */
type Item<P extends keyof paths> = Answer<P> extends { data: (infer T)[] } ? T : never;

export type Me = Answer<'/api/auth/me'>;
export type Session = Item<'/api/auth/sessions'>;
export type User = Item<'/api/users'>;
export type NewUser = Input<'/api/users', 'post'>;
export type Server = Answer<'/api/servers/{id}'>;
export type ServerStatus = Server['status'];
export type ServerDisks = Answer<'/api/servers/{id}/disks'>;
export type Disk = ServerDisks['partitions'][number];
export type ServerServices = Answer<'/api/servers/{id}/services'>;
export type Service = ServerServices['services'][number];
export type Probe = ServerDisks['probe'];
export type Metrics = Answer<'/api/servers/{id}/metrics'>;
/** Body of the live event `metrics.received`: which report became readable and, of most kinds, the report itself. */
export type MetricsReceived = components['schemas']['MetricsReceived'];
export type RegistrationToken = Item<'/api/registration-tokens'>;
export type MintedToken = Answer<'/api/registration-tokens', 'post'>;
export type Incident = Item<'/api/incidents'>;
export type IncidentDetail = Answer<'/api/incidents/{id}'>;
export type IncidentGroup = NonNullable<IncidentDetail['group']>;
export type NextStep = NonNullable<IncidentDetail['escalation']>;
export type TimelineEntry = IncidentDetail['timeline'][number];
export type Delivery = Item<'/api/notification-deliveries'>;
export type Channel = Item<'/api/notification-channels'>;
export type ChannelField = Channel['fields'][number];
export type MessageKind = Item<'/api/message-templates'>;
export type MessageTemplateInput = Input<'/api/message-templates/{kind}', 'put'>;
export type MessagePreview = Answer<'/api/message-templates/preview', 'post'>;
export type MessagePreviewAsk = Input<'/api/message-templates/preview', 'post'>;
export type ChannelPreview = MessagePreview['channels'][number];
export type AlertRule = Item<'/api/alert-rules'>;
export type AlertRuleInput = Input<'/api/alert-rules', 'post'>;
export type Backtest = Answer<'/api/alert-rules/backtest', 'post'>;
export type BacktestInput = Input<'/api/alert-rules/backtest', 'post'>;
export type Policy = Item<'/api/escalation-policies'>;
export type PolicyInput = Input<'/api/escalation-policies', 'post'>;
export type PolicyStep = PolicyInput['steps'][number];
export type PolicyTrialInput = Input<'/api/escalation-policies/simulate', 'post'>;
export type PolicySimulation = Answer<'/api/escalation-policies/simulate', 'post'>;
export type SimulatedEvent = PolicySimulation['events'][number];
export type MaintenanceWindow = Item<'/api/maintenance-windows'>;
export type MaintenanceWindowInput = Input<'/api/maintenance-windows', 'post'>;
export type MaintenanceSpan = NonNullable<MaintenanceWindow['under_way']>;
export type OnCallSchedule = Item<'/api/on-call/schedules'>;
export type OnCallScheduleInput = Input<'/api/on-call/schedules', 'post'>;
export type OnCallPerson = OnCallSchedule['members'][number];
export type OnCallOverride = OnCallSchedule['overrides'][number];
export type OnCallNow = Item<'/api/on-call/current'>;
export type OnCallShift = Item<'/api/on-call/schedules/{id}/shifts'>;
export type CalendarToken = Item<'/api/on-call/schedules/{id}/calendar-tokens'>;
export type Preferences = Answer<'/api/me/notification-preferences'>;
export type PreferencesInput = Input<'/api/me/notification-preferences', 'put'>;
export type Contact = Item<'/api/me/contacts'>;
export type PersonalChannel = Item<'/api/me/notification-channels'>;
export type Catalogue = Answer<'/api/detectors'>;
export type ServerRef = Item<'/api/hosting/mysql'>['server'];
export type HostMailQueue = Item<'/api/hosting/mail-queue'>;
export type TopSender = Item<'/api/hosting/top-senders'>;
export type HostBackups = Item<'/api/hosting/backups'>;
export type BackupDay = HostBackups['days'][number];
export type ServerBackups = Answer<'/api/servers/{id}/backups'>;
export type BackupRun = ServerBackups['runs']['data'][number];
export type HostDisks = Item<'/api/hosting/disks'>;
export type DiskTrend = HostDisks['partitions'][number];
export type HostMysql = Item<'/api/hosting/mysql'>;
export type MysqlReplication = HostMysql['replication'];
export type HostLitespeed = Item<'/api/hosting/litespeed'>;
export type HostCpanel = Item<'/api/hosting/cpanel'>;
export type FirewallEvent = Item<'/api/hosting/firewall-events'>;
export type Attacker = Item<'/api/hosting/top-attackers'>;
export type AddressReport = Answer<'/api/hosting/address'>;
export type AddressOnServer = AddressReport['servers'][number];
export type HostCron = Item<'/api/hosting/crons'>;
export type CronJob = Omit<HostCron, 'id' | 'server' | 'timezone'>;
export type BackupJob = ServerBackups['jobs'][number];
export type ServerMail = Answer<'/api/servers/{id}/mail-queue'>;
export type QueueSender = HostMailQueue['top_senders'][number];
export type Agents = Answer<'/api/agents'>;
export type Agent = Agents['data'][number];
export type Grant = Agent['grants'][number];
export type MailAbuseList = Answer<'/api/hosting/mail-abuse'>;
export type AbuseCase = Item<'/api/hosting/mail-abuse'>;
export type AbuseStatus = AbuseCase['status'];
export type MailAllowance = Item<'/api/hosting/mail-allowances'>;
export type ServerUsual = Answer<'/api/servers/{id}/usual'>;
export type ServerMarks = Answer<'/api/servers/{id}/marks'>;
export type WallBoard = Answer<'/api/wall'>;
export type WallServer = WallBoard['places'][number]['racks'][number]['servers'][number];
export type WallToken = Item<'/api/wall-tokens'>;
export type MintedWallToken = Answer<'/api/wall-tokens', 'post'>;
export type Decision = Item<'/api/servers/{id}/decisions'>;
/** Hosts that a list of the fleet can say nothing about. */
export type Unreadable = Answer<'/api/hosting/crons'>['unreadable'];
export type Page<T> = { data: T[]; meta: { next_cursor: string | null; total: number } };
