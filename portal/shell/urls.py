"""The shell's own pages."""

from django.urls import path

from portal.shell import audit_log, notifications, views

app_name = "shell"
urlpatterns = [
    path("", views.home, name="home"),
    path("audit/", audit_log.audit_log, name="audit"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/read/", notifications.read, name="notifications_read"),
    path("notifications/<int:number>/open/", notifications.open_one, name="notification_open"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
