"""The shell's own pages."""

from django.urls import path

from portal.shell import audit_log, views

app_name = "shell"
urlpatterns = [
    path("", views.home, name="home"),
    path("audit/", audit_log.audit_log, name="audit"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
